"""Sizes and normalisation of networks of clips: their own, or those of what they begin with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vigil.core import ModelError

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
PRETRAINED = "pretrained.json"
"""What a folder of weights that were learnt without labels says of them."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What a network is made for, where nobody says otherwise: sizes that a processor trains."""

    frames: int
    side: int
    mean: tuple[float, ...]
    spread: tuple[float, ...]


PRESETS: Mapping[str, Preset] = {
    "i3d": Preset(frames=16, side=112, mean=HALF[0], spread=HALF[1]),
    "i3d-r50": Preset(frames=8, side=112, mean=IMAGENET[0], spread=IMAGENET[1]),
    "tsm-r50": Preset(frames=8, side=112, mean=IMAGENET[0], spread=IMAGENET[1]),
    "tsm-mobilenet": Preset(frames=8, side=112, mean=IMAGENET[0], spread=IMAGENET[1]),
    "timesformer": Preset(
        frames=8, side=112, mean=(0.45, 0.45, 0.45), spread=(0.225, 0.225, 0.225)
    ),
    "vivit": Preset(frames=16, side=112, mean=HALF[0], spread=HALF[1]),
    "videomae": Preset(frames=16, side=112, mean=IMAGENET[0], spread=IMAGENET[1]),
}


def checkpoint_preset(folder: Path, usual: Preset) -> Preset:
    """Those of a checkpoint of transformers, `usual` where it says nothing; raises `ModelError`."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        told = folder / "preprocessor_config.json"
        pictures = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder}: no checkpoint that can be read ({error})") from error
    side = config.get("image_size", usual.side)
    return Preset(
        frames=int(config.get("num_frames", usual.frames)),
        side=int(side if isinstance(side, int) else side[0]),
        mean=tuple(pictures.get("image_mean", usual.mean)),
        spread=tuple(pictures.get("image_std", usual.spread)),
    )


def pretrained_preset(folder: Path, network: str) -> Preset:
    """Those of weights learnt without labels; raises `ModelError` for another network's."""
    path = folder / PRETRAINED
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        found, kept = about["network"], about["preset"]
        preset = Preset(
            frames=int(kept["frames"]),
            side=int(kept["side"]),
            mean=tuple(kept["mean"]),
            spread=tuple(kept["spread"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: damaged, or of another version ({error})") from error
    if found != network:
        raise ModelError(f"{folder}: weights of {found}; the network is {network}")
    return preset
