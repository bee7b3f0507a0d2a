"""Folders of encoders as their publishers lay them out, read without a card written by hand.

preprocessor_config.json     sizes, levels, and how a picture is cut (Hugging Face)
config.json                  what kind of network it is
vision_model.onnx            or model.onnx, beside them or in `onnx/`
text_model.onnx              or the same model.onnx; only where it knows texts
tokenizer.json, tokenizer_config.json
"""

import json
import math
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vigil.core import ConfigError
from vigil.infer.content import checked_format
from vigil.infer.encoder_card import EncoderCard, ImageSide, Language, TextSide, checked_card
from vigil.infer.onnx_ports import Port, Ports, ports_of
from vigil.infer.vectors import Pool

PREPROCESSING, PROCESSOR, CONFIG = (
    "preprocessor_config.json", "processor_config.json", "config.json",
)  # fmt: skip
TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"
PLACES = ("", "onnx/")
KINDS = ("", "_fp16", "_quantized", "_int8")
"""The whole file first: smaller ones give slightly other vectors."""
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
MOST_BYTES = 1 << 26
LAYOUT = (
    f"vision_model.onnx or model.onnx (or onnx/…) beside {PREPROCESSING}, as "
    "`optimum-cli export onnx` writes them"
)
TEXT_LAYOUT = f"text_model.onnx or a model.onnx with both sides, and {TOKENIZER}, beside {CONFIG}"
FIRST_TOKEN = ("dinov2", "dinov2_with_registers", "dinov3_vit", "vit", "deit", "vit_mae", "vit_msn")
"""Kinds whose first token stands for the picture. ViT's own `pooler_output` was often never
trained; DINOv2's is this token."""
SIGLIP = ("siglip", "siglip2", "siglip_vision_model", "siglip2_vision_model")
USUAL_LENGTH = 77
LONGEST = 512
MEANINGS = {"input_ids": "ids", "attention_mask": "mask", "token_type_ids": "types"}


class Preprocessing(BaseModel):
    """The lines of `preprocessor_config.json` that matter here."""

    do_resize: bool = True
    size: int | dict[str, int] | None = None
    do_center_crop: bool | None = None
    crop_size: int | dict[str, int] | None = None
    crop_pct: float | None = None
    do_rescale: bool = True
    rescale_factor: float = 1 / 255
    do_normalize: bool = True
    image_mean: tuple[float, float, float] | None = None
    image_std: tuple[float, float, float] | None = None


def is_published(folder: Path) -> bool:
    """Whether a publisher's files are there, or weights that only need to be exported."""
    names = (PREPROCESSING, PROCESSOR, CONFIG, *WEIGHTS)
    return any((folder / name).is_file() for name in names)


def published_card(folder: Path) -> EncoderCard:
    """What the files of a publisher say; raises `ConfigError` or `ModelError`.

    Opens no engine; the graphs are read to learn what they take and answer. The scale of logits is
    CLIP's 100: exports hold the number that training began with, not the one that it ended with.
    """
    config = _json(folder / CONFIG) if (folder / CONFIG).is_file() else {}
    kind = str(config.get("model_type", ""))
    file = _graph(folder, "vision_model") or _graph(folder, "model")
    if file is None:
        raise ConfigError(f"{folder}: {_no_graph(folder)}; allowed: {LAYOUT}")
    path, said = _preprocessing(folder)
    sizes = _fitting(path, said)
    ports = _ports(folder, file)
    output, pool = _answer(folder / file, ports, kind)
    at = {"file": file, "output": ports.outputs.index(output), "pool": pool}
    image = checked_card(ImageSide, at | sizes, path)
    return EncoderCard(
        name=_name(folder, config),
        image=image,
        text=_text_side(folder, file, config, kind, output.name),
        languages=_languages(kind),
    )


def _name(folder: Path, config: dict[str, Any]) -> str:
    """As its publisher calls it, so that it stays the same wherever the folder lies."""
    said = str(config.get("_name_or_path") or config.get("model_type") or folder.resolve().name)
    return said.replace("\\", "/").rstrip("/").rpartition("/")[2][:100] or "encoder"


def _graph(folder: Path, stem: str) -> str | None:
    names = (f"{place}{stem}{kind}.onnx" for kind in KINDS for place in PLACES)
    return next((name for name in names if (folder / name).is_file()), None)


def _no_graph(folder: Path) -> str:
    if any((folder / name).is_file() for name in WEIGHTS):
        return (
            "holds weights for PyTorch only; export them once: "
            f"`optimum-cli export onnx --model {folder} {folder}-onnx`"
        )
    return "holds no graph of an encoder"


def _ports(folder: Path, file: str) -> Ports:
    checked_format(folder / file)
    return ports_of((folder / file).read_bytes(), file)


def _answer(path: Path, ports: Ports, kind: str) -> tuple[Port, Pool]:
    """Which output is the picture's vector, and how it is taken from there."""
    by_name = {port.name: port for port in ports.outputs}
    tokens = by_name.get("last_hidden_state")
    if "image_embeds" in by_name:
        return by_name["image_embeds"], "vector"
    if kind in FIRST_TOKEN and tokens is not None and len(tokens.shape) == 3:
        return tokens, "first"
    if "pooler_output" in by_name:
        return by_name["pooler_output"], "vector"
    flat = [port for port in ports.outputs if len(port.shape) == 2 and "logits" not in port.name]
    if len(flat) == 1 and not kind:
        return flat[0], "vector"
    raise ConfigError(
        f"{path}: answers {', '.join(by_name) or 'nothing'} ({kind or 'no model_type'}); allowed: "
        f"image_embeds, pooler_output, or last_hidden_state of {', '.join(FIRST_TOKEN)}"
    )


def _fitting(path: Path, said: Preprocessing) -> dict[str, Any]:
    """Settings of `ImageSide`: sizes, levels and how the picture is fitted."""

    def need(holds: bool, setting: str, found: object, allowed: str) -> None:
        if not holds:
            raise ConfigError(f"{path}: {setting}: found {found}; allowed: {allowed}")

    need(said.do_resize, "do_resize", said.do_resize, "true")
    factor = said.rescale_factor if said.do_rescale else 1.0
    need(math.isclose(factor, 1 / 255, rel_tol=1e-3), "rescale_factor", factor, "1/255")
    need(said.crop_pct is None, "crop_pct", said.crop_pct, "none; write a card.yaml instead")
    levels: dict[str, Any] = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    if said.do_normalize:
        need(said.image_mean is not None, "image_mean", "nothing", "three numbers")
        need(said.image_std is not None, "image_std", "nothing", "three numbers")
        levels = {"mean": said.image_mean, "std": said.image_std}
    cut = said.crop_size is not None if said.do_center_crop is None else said.do_center_crop
    whole, edge = _sides(said.size), _edge(said.size)
    if cut:
        sides = _sides(said.crop_size)
        need(sides is not None, "crop_size", said.crop_size, "a number, or height and width")
        need(edge is not None or whole is not None, "size", said.size, "shortest_edge, or a number")
        height, width = sides or (0, 0)
        if edge is None and whole is not None:
            edge = min(whole)
        need((edge or 0) >= max(height, width), "size", said.size, f"{max(height, width)} or more")
        return {"width": width, "height": height, "fit": "crop", "edge": edge} | levels
    need(whole is not None, "size", said.size, "a number, or height and width")
    height, width = whole or (0, 0)
    return {"width": width, "height": height, "fit": "stretch"} | levels


def _sides(size: int | dict[str, int] | None) -> tuple[int, int] | None:
    if isinstance(size, int):
        return size, size
    if size is not None and {"height", "width"} <= set(size):
        return size["height"], size["width"]
    return None


def _edge(size: int | dict[str, int] | None) -> int | None:
    if isinstance(size, int):
        return size
    return None if size is None else size.get("shortest_edge")


def _preprocessing(folder: Path) -> tuple[Path, Preprocessing]:
    path, inner = folder / PREPROCESSING, False
    if not path.is_file() and (folder / PROCESSOR).is_file():
        path, inner = folder / PROCESSOR, True
    if not path.is_file():
        raise ConfigError(f"{folder}: no {PREPROCESSING}; allowed: {LAYOUT}")
    found = _json(path)
    wanted = found.get("image_processor") if inner else found
    return path, checked_card(Preprocessing, wanted, path)


def _text_side(
    folder: Path, image_file: str, config: dict[str, Any], kind: str, answer: str
) -> TextSide | None:
    """None where there is no graph or tokenizer whose vectors compare with those of pictures."""
    file = _graph(folder, "text_model") or image_file
    # Pooled outputs compare with each other where nothing is projected after them.
    pairs = {"image_embeds": "text_embeds"} | ({"pooler_output": "pooler_output"} if kind in SIGLIP
                                               else {})  # fmt: skip
    wanted = pairs.get(answer)
    if wanted is None or not (folder / TOKENIZER).is_file():
        return None
    ports = _ports(folder, file)
    inputs = {MEANINGS[port.name]: port for port in ports.inputs if port.name in MEANINGS}
    at = next((n for n, port in enumerate(ports.outputs) if port.name == wanted), None)
    if at is None or "ids" not in inputs:
        return None
    tokenizer = _json(folder / TOKENIZER_CONFIG) if (folder / TOKENIZER_CONFIG).is_file() else {}
    length = _length(inputs["ids"], tokenizer, config)
    return checked_card(
        TextSide,
        {
            "file": file,
            "length": length,
            "pad": _pad(folder, tokenizer),
            # SigLIP was trained on texts that are filled up, without a mask.
            "padded": inputs["ids"].shape[-1:] != (None,) or kind in SIGLIP,
            "inputs": {meaning: port.name for meaning, port in inputs.items()},
            "output": at,
            "lowercase": kind in SIGLIP,
        },
        folder / file,
    )


def _length(ids: Port, tokenizer: dict[str, Any], config: dict[str, Any]) -> int:
    if ids.shape and ids.shape[-1] is not None:
        return ids.shape[-1]
    inner = config.get("text_config")
    of_text = inner if isinstance(inner, dict) else {}
    said = (tokenizer.get("model_max_length"), of_text.get("max_position_embeddings"))
    known = [each for each in said if isinstance(each, int) and 4 <= each <= LONGEST]
    return min(known, default=64 if config.get("model_type") in SIGLIP else USUAL_LENGTH)


def _pad(folder: Path, tokenizer: dict[str, Any]) -> int:
    """The number of the token that fills up; 0 where none is named."""
    wanted = tokenizer.get("pad_token")
    wanted = wanted.get("content") if isinstance(wanted, dict) else wanted
    found = _json(folder / TOKENIZER)
    added = found.get("added_tokens")
    for token in added if isinstance(added, list) else ():
        if isinstance(token, dict) and token.get("content") == wanted:
            return int(token.get("id", 0))
    padding = found.get("padding")
    return int(padding.get("pad_id", 0)) if isinstance(padding, dict) else 0


def _languages(kind: str) -> tuple[Language, ...]:
    if kind == "chinese_clip":
        return ("zh",)
    return ("en", "zh") if kind in ("siglip2", "metaclip_2") else ("en",)


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{path}: larger than {MOST_BYTES >> 20} MB")
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: no JSON that can be read ({str(error)[:200]})") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: found {type(found).__name__}; allowed: an object of JSON")
    return found
