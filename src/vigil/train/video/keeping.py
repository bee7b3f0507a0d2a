"""The folder of a run, and a network that comes back from it.

settings.yaml        the constructor call, in full
network.json         words, range of numbers, sizes and normalisation, the checkpoint's own sizes
model.safetensors    weights, as they were when they were best
head.npz             an SVM or neighbours
metrics.json         what it reached
run.json, log.csv, checkpoint-N/    see `vigil.train.fitting`
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from vigil.core import ModelError
from vigil.core.durable import put_in_place, write_durably
from vigil.train.video import shallow
from vigil.train.video.adapting import adapt
from vigil.train.video.asking import Asked
from vigil.train.video.batches import Way
from vigil.train.video.bodies import Attending
from vigil.train.video.network import ClipNetwork
from vigil.train.video.presets import PRETRAINED, Preset
from vigil.train.video.settings import keep_settings, read_settings, settings_from
from vigil.train.video.truths import Truths

SETTINGS, NETWORK, WEIGHTS = "settings.yaml", "network.json", "model.safetensors"
HEAD, METRICS = "head.npz", "metrics.json"


def keep(asked: Asked, folder: Path, metrics: Mapping[str, Any]) -> None:
    """Write all that `opened` needs; the weights last, so that who has them has all."""
    keep_settings(asked.way.settings, folder / SETTINGS)
    configs = {
        stream: body.network.network.config.to_dict()
        for stream, body in asked.network.bodies.items()
        if isinstance(body, Attending)
    }
    about = {
        "task": asked.truths.task,
        "labels": list(asked.truths.labels),
        "middle": list(asked.truths.middle),
        "spread": list(asked.truths.spread),
        "preset": asdict(asked.way.preset),
        "configs": configs,
    }
    write_durably(folder / NETWORK, (json.dumps(about, indent=1) + "\n").encode())
    write_durably(folder / METRICS, (json.dumps(dict(metrics), indent=1) + "\n").encode())
    if asked.shallow is not None:
        shallow.keep(asked.shallow, folder / HEAD)
    beside = folder / f".{WEIGHTS}"
    state = {name: value.contiguous() for name, value in asked.network.state_dict().items()}
    save_file(state, beside)
    put_in_place(beside, folder / WEIGHTS)


def metrics_of(folder: Path) -> dict[str, float]:
    """What a run reached, as model cards keep it; raises `ModelError`."""
    try:
        found = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / METRICS}: cannot be read") from error
    return {name: value for name, value in found.items() if isinstance(value, float)}


def is_done(folder: Path) -> bool:
    """Whether a run has ended."""
    return (folder / WEIGHTS).is_file()


def opened(folder: Path) -> Asked:
    """The network of a run; raises `ModelError` where none has ended."""
    if (folder / PRETRAINED).is_file():
        raise ModelError(f"{folder}: weights without words; see: vigil video train --weights")
    if not is_done(folder):
        raise ModelError(f"{folder}: no run that has ended; see: vigil video train --help")
    settings = settings_from(read_settings(folder / SETTINGS), f"{folder / SETTINGS}: ")
    try:
        about = json.loads((folder / NETWORK).read_text(encoding="utf-8"))
        kept = about["preset"]
        preset = Preset(
            frames=kept["frames"],
            side=kept["side"],
            mean=tuple(kept["mean"]),
            spread=tuple(kept["spread"]),
        )
        truths = Truths(
            task=about["task"],
            labels=tuple(about["labels"]),
            middle=tuple(about["middle"]),
            spread=tuple(about["spread"]),
        )
        bare = replace(settings, weights="", flow_weights=None)
        network = ClipNetwork(bare, truths, balance=None, preset=preset, configs=about["configs"])
        adapt(network, bare)
        weights = load_file(folder / WEIGHTS)
        network.load_state_dict({k: v for k, v in weights.items() if not k.endswith(".balance")})
    except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
        said = " ".join(str(error).split())[:160]
        raise ModelError(f"{folder}: damaged, or of another version ({said})") from error
    head = None
    if settings.head in ("svm", "knn"):
        head = shallow.opened(settings.head, folder / HEAD)
    way = Way(settings=settings, preset=preset)
    return Asked(network=network.eval(), truths=truths, way=way, shallow=head)
