"""Detectors that take words, made on the spot: a few layers, random weights, both families."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModelForZeroShotObjectDetection,
    GroundingDinoConfig,
    Owlv2Config,
    PreTrainedTokenizerFast,
    SwinConfig,
)
from transformers.utils import logging

WORDS = ("hen", "fox", "a", "red", "hat")
CLS, SEP, DOT, QUESTION = 101, 102, 1012, 1029
"""As in BERT: Grounding DINO's masks know these numbers by heart."""


def grounding_dino(folder: Path, *, seed: int = 0) -> Path:
    """A folder as `save_pretrained` writes it."""
    _quiet()
    config = GroundingDinoConfig(
        backbone_config=SwinConfig(
            image_size=64, patch_size=4, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2],
            window_size=4, out_features=["stage2", "stage3", "stage4"],
        ),
        text_config={
            "model_type": "bert", "vocab_size": 1100, "hidden_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 32,
        },
        d_model=32, encoder_layers=1, decoder_layers=2, encoder_ffn_dim=32, decoder_ffn_dim=32,
        encoder_attention_heads=2, decoder_attention_heads=2, num_queries=12, max_text_len=40,
        fusion_dropout=0.0, fusion_droppath=0.0,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = AutoModelForZeroShotObjectDetection.from_config(config)
    model.save_pretrained(folder)
    _bert_tokenizer().save_pretrained(folder)
    pictures = {
        "image_processor_type": "GroundingDinoImageProcessor",
        "size": {"shortest_edge": 64, "longest_edge": 96},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    return folder


def owlv2(folder: Path, *, seed: int = 0) -> Path:
    """The same of the other family."""
    _quiet()
    config = Owlv2Config(
        text_config={
            "vocab_size": 1100, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
            "num_attention_heads": 2, "max_position_embeddings": 16, "pad_token_id": 0,
            "bos_token_id": CLS, "eos_token_id": SEP,
        },
        vision_config={
            "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
            "num_attention_heads": 2, "image_size": 64, "patch_size": 16,
        },
        projection_dim=16,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = AutoModelForZeroShotObjectDetection.from_config(config)
    model.save_pretrained(folder)
    _bert_tokenizer().save_pretrained(folder)
    pictures = {"image_processor_type": "Owlv2ImageProcessor", "size": {"height": 64, "width": 64}}
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    return folder


def _quiet() -> None:
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _bert_tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {f"[unused{number}]": number for number in range(1100)}
    named = {"[PAD]": 0, "[UNK]": 100, "[CLS]": CLS, "[SEP]": SEP, ".": DOT, "?": QUESTION}
    named |= {word: 200 + number for number, word in enumerate(WORDS)}
    taken = set(named.values())
    vocabulary = named | {word: n for word, n in vocabulary.items() if n not in taken}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", SEP), ("[CLS]", CLS))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
        sep_token="[SEP]", model_max_length=512,
    )  # fmt: skip
