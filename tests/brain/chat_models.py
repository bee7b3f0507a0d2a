"""Chat models that see pictures, made on the spot: a few layers, random weights, three families."""

import json
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoConfig, AutoModelForImageTextToText, PreTrainedTokenizerFast
from transformers.utils import logging

Family = Literal["qwen2_vl", "qwen3_vl", "smolvlm", "internvl"]
FAMILIES: tuple[Family, ...] = ("qwen2_vl", "qwen3_vl", "smolvlm", "internvl")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}: {% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}MARK{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)
WORDS = ["<pad>", "<unk>", "<|im_start|>", "<|im_end|>"]
TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 8192,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
}
EYES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
}
QWEN_EYES: dict[str, dict[str, Any]] = {
    "qwen2_vl": {"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2},
    "qwen3_vl": {
        "depth": 2,
        "hidden_size": 32,
        "out_hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 2,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0],
    },
}


def chat_model(folder: Path, family: Family = "qwen2_vl", *, seed: int = 0) -> Path:
    """A folder as `save_pretrained` writes it, of some 400 kB; the same seed, the same weights."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder.mkdir(parents=True, exist_ok=True)
    made = {"smolvlm": _smolvlm, "internvl": _internvl}.get(family, _qwen)
    tokenizer, config, pictures, processor, mark = made(family)
    torch.manual_seed(seed)
    model = AutoModelForImageTextToText.from_config(AutoConfig.for_model(family, **config))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    (folder / "processor_config.json").write_text(json.dumps(processor))
    (folder / "chat_template.jinja").write_text(TEMPLATE.replace("MARK", mark))
    return folder


Parts = tuple[Any, dict[str, Any], dict[str, Any], dict[str, Any], str]


def _qwen(family: str) -> Parts:
    special = ["<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"]
    tokenizer = _tokenizer(special)
    image, video, start, end = map(tokenizer.convert_tokens_to_ids, special)
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
    config = {
        "text_config": {**TEXT, "vocab_size": len(tokenizer), "rope_parameters": rope}
        | ({"head_dim": 16} if family == "qwen3_vl" else {}),
        "vision_config": {**QWEN_EYES[family], "patch_size": 8, "spatial_merge_size": 2},
        "image_token_id": image,
        "video_token_id": video,
        "vision_start_token_id": start,
        "vision_end_token_id": end,
    }
    pictures = {
        "image_processor_type": "Qwen2VLImageProcessor",
        "patch_size": 8,
        "merge_size": 2,
        "temporal_patch_size": 2,
        "size": {"shortest_edge": 256, "longest_edge": 4096},
    }
    kind = {"qwen2_vl": "Qwen2VLProcessor", "qwen3_vl": "Qwen3VLProcessor"}[family]
    return (
        tokenizer,
        config,
        pictures,
        {"processor_class": kind},
        "".join((special[2], special[0], special[3])),
    )


def _smolvlm(family: str) -> Parts:
    special = ["<end_of_utterance>", "<image>", "<fake_token_around_image>", "<global-img>"]
    tokenizer = _tokenizer(special)
    config = {
        "text_config": {**TEXT, "model_type": "llama", "vocab_size": len(tokenizer)},
        "vision_config": EYES,
        "scale_factor": 2,
        "image_token_id": tokenizer.convert_tokens_to_ids("<image>"),
        "pad_token_id": 0,
    }
    pictures = {
        "image_processor_type": "SmolVLMImageProcessor",
        "size": {"longest_edge": 64},
        "max_image_size": {"longest_edge": 32},
        "do_image_splitting": False,
    }
    processor = {"processor_class": "SmolVLMProcessor", "image_seq_len": 4}
    return tokenizer, config, pictures, processor, "<image>"


def _internvl(family: str) -> Parts:
    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    tokenizer = _tokenizer(list(named.values()), named)
    config = {
        "text_config": {**TEXT, "model_type": "llama", "vocab_size": len(tokenizer)},
        "vision_config": {**EYES, "image_size": [32, 32], "patch_size": [8, 8]},
        "image_token_id": tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        "downsample_ratio": 0.5,
        "image_seq_length": 4,
    }
    pictures = {
        "image_processor_type": "GotOcr2ImageProcessor",
        "size": {"height": 32, "width": 32},
        "crop_to_patches": False,
    }
    processor = {"processor_class": "InternVLProcessor", "image_seq_length": 4}
    return tokenizer, config, pictures, processor, "<IMG_CONTEXT>"


def _tokenizer(special: list[str], named: dict[str, str] | None = None) -> Any:
    """A token for each byte, as a model of the GPT-2 kind without merges."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {word: at for at, word in enumerate([*WORDS, *special, *letters])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([*WORDS, *special])
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        eos_token="<|im_end|>",
        unk_token="<unk>",
        extra_special_tokens=named or {},
    )
