"""How a network is taught to see clips: the file that says so is the constructor call."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from vigil.config.problems import explain, unknown_words, written
from vigil.config.yaml_file import read_yaml, write_yaml
from vigil.core import ConfigError

Network = Literal[
    "i3d", "i3d-r50", "tsm-r50", "tsm-mobilenet", "timesformer", "vivit", "videomae"
]  # fmt: skip
Mode = Literal["full", "frozen", "lora", "adapter", "st-adapter", "prompt", "prefix"]
HeadKind = Literal["linear", "probe", "svm", "knn"]
Task = Literal["one", "several", "number", "when"]
Stream = Literal["rgb", "flow", "audio"]
Fusion = Literal["weighted", "concatenation", "attention", "late"]
Sampling = Literal["segments", "dense"]
Framing = Literal["crop", "stretch"]
Adversary = Literal["none", "fgsm", "pgd"]
Distance = Literal["squared", "absolute", "huber"]
Pretext = Literal["masked", "contrastive", "order"]


@dataclass(frozen=True, kw_only=True)
class ClipSettings:
    """What every run on clips depends on, with words or without. Raises `ConfigError`."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    data: str
    """A folder, a list, or the name of a data set of `vigil data`."""
    name: str
    """Of the run."""
    fold: Literal["1", "2", "3"] = "1"
    """Which of the splits of UCF101 or HMDB51."""

    network: Network = "tsm-mobilenet"
    causal: bool = False
    """TSM that only looks back: it can be watched picture by picture."""
    weights: str = ""
    """Where it begins: a folder of a checkpoint or of a run, or a file of weights."""

    frames: int = 0
    """Pictures of a clip; 0: as many as the network is made for."""
    side: int = 0
    """Of a picture, pixels; 0: that of the network."""
    sampling: Sampling = "segments"
    step_s: float = 0.08
    """Between pictures, where sampling is dense."""
    framing: Framing = "crop"
    """Keep the shape and cut, or pull the whole picture to size."""
    rate_hz: float = 15.0
    """Pictures a second of a film that are looked at; 256 a clip at most."""
    keep_gb: float = 10.0
    """Room on the disk for pictures at the size of training."""
    flip: bool = True
    """Whether a mirrored clip still shows the same."""
    colour: float = 0.2
    """How far brightness, contrast and saturation of a clip may go, as a share."""

    epochs: int = 20
    batch: int = 8
    steps_a_batch: int = 1
    """Batches whose gradients are put together."""
    rate: float = 1e-3
    """Of learning, at its highest."""
    decay: float = 0.05
    warm_up: float = 0.05
    patience: int = 5
    """Epochs without gain after which it ends; 0: never."""
    bf16: bool = False
    seed: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        found = [
            f"{name}: found {getattr(self, name)!r}; allowed: {allowed}"
            for name, holds, allowed in self._limits()
            if not holds
        ]
        if found:
            raise ConfigError(found)

    def _limits(self) -> list[tuple[str, bool, str]]:
        return [
            *(self._at_least_one(name) for name in ("epochs", "batch", "steps_a_batch", "threads")),
            self._between("colour", 0, 0.9),
            self._between("decay", 0, 1),
            self._between("warm_up", 0, 1),
            self._between("keep_gb", 0, 1e6),
            self._between("rate_hz", 0.1, 120),
            self._between("step_s", 0.001, 60),
            self._between("patience", 0, 1e6),
            ("name", is_name(self.name), "letters, digits, `-`, `_` and `.`"),
            ("data", bool(self.data), "a folder, a list, or the name of a data set"),
            ("rate", self.rate > 0, "more than 0"),
            ("frames", self.frames == 0 or 2 <= self.frames <= 256, "0, or 2 to 256"),
            ("side", self.side == 0 or 32 <= self.side <= 512, "0, or 32 to 512 pixels"),
            ("causal", not self.causal or "tsm" in self.network, "with a TSM only"),
        ]

    def _between(self, name: str, low: float, high: float) -> tuple[str, bool, str]:
        return name, low <= getattr(self, name) <= high, f"{low:g} to {high:g}"

    def _at_least_one(self, name: str) -> tuple[str, bool, str]:
        return name, getattr(self, name) >= 1, "1 or more"


@dataclass(frozen=True, kw_only=True)
class VideoSettings(ClipSettings):
    """How a network learns words, numbers or moments of clips. Raises `ConfigError`."""

    task: Task = "one"
    """one word of many, several words, a number (or a few), or when each word holds."""

    mode: Mode = "full"
    """Which parameters are learnt, besides the head."""
    rank: int = 8
    """Of LoRA; inner width of adapters is four times that; tokens of prompts as many."""
    head: HeadKind = "linear"
    distance: Distance = "huber"
    """Of numbers that are learnt."""
    dropout: float = 0.2
    streams: tuple[Stream, ...] = ("rgb",)
    fusion: Fusion = "weighted"
    sound_track: int = 0
    """Which of a film's, from 0; a film with fewer is one without sound."""
    flow_network: Network | None = None
    """Of the stream `flow`; None: the same, and the same first weights, as of `rgb`."""
    flow_weights: str | None = None
    """Where a `flow_network` begins."""

    views: int = 1
    """Clips of one film over which a test averages."""

    mixup: float = 0.0
    """Alpha of mixup; 0: none."""
    cutmix: float = 0.0
    """Alpha of cutmix; 0: none."""
    balance: bool = True
    """Whether rare words weigh more."""
    adversary: Adversary = "none"
    adversary_reach: float = 4.0
    """How far an adversary may move a pixel, of 255."""

    layer_decay: float = 1.0
    """The rate of each block is so much of that of the block after it."""
    checkpointing: bool = False
    """Compute twice instead of remembering: memory for time."""

    def _limits(self) -> list[tuple[str, bool, str]]:
        few = set(self.streams)
        return [
            *super()._limits(),
            self._at_least_one("rank"),
            self._at_least_one("views"),
            self._between("dropout", 0, 0.95),
            self._between("mixup", 0, 10),
            self._between("cutmix", 0, 10),
            self._between("adversary_reach", 0, 64),
            self._between("layer_decay", 0.01, 1),
            ("streams", len(few) == len(self.streams) >= 1, "rgb, flow, audio, each once"),
            ("sound_track", 0 <= self.sound_track <= 63, "0 to 63"),
            ("flow_network", "flow" in few or not self.flow_network, "with flow among the streams"),
            ("flow_weights", bool(self.flow_network) or not self.flow_weights, "for flow_network"),
            ("head", self.head == "linear" or self.task == "one", "linear, for this task"),
            ("task", self.task != "when" or few <= {"rgb", "flow"}, "not `when` with sound"),
        ]

    def of(self, stream: str) -> "VideoSettings":
        """As the network of that stream is made: flow may have one of its own."""
        if stream != "flow" or self.flow_network is None:
            return self
        return replace(
            self, network=self.flow_network, weights=self.flow_weights or "",
            causal=self.causal and "tsm" in self.flow_network,
            flow_network=None, flow_weights=None,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PretrainSettings(ClipSettings):
    """How a network learns from clips without labels. Raises `ConfigError`."""

    network: Network = "videomae"
    sampling: Sampling = "dense"
    epochs: int = 100
    patience: int = 0

    by: Pretext = "masked"
    """What it has to find out; see `vigil.train.video.pretexts`."""
    masked: float = 0.9
    """Share of the places of a clip that are hidden, for `masked`."""
    temperature: float = 0.1
    """Of the softmax over clips, for `contrastive`."""

    def _limits(self) -> list[tuple[str, bool, str]]:
        return [
            *super()._limits(),
            self._between("masked", 0.5, 0.95),
            self._between("temperature", 0.01, 1),
            ("network", self.by != "masked" or self.network == "videomae", "videomae, for masked"),
            ("batch", self.by != "contrastive" or self.batch > 1, "2 or more, for contrastive"),
        ]

    def as_run(self) -> VideoSettings:
        """What it has in common with a run that learns words."""
        common = [field.name for field in fields(ClipSettings)]
        return VideoSettings(**{name: getattr(self, name) for name in common})


Settings = TypeVar("Settings", VideoSettings, PretrainSettings)


def is_name(name: str) -> bool:
    """Whether a run's name is a folder's, and of no other place."""
    return bool(name) and not name.startswith(".") and all(c.isalnum() or c in "-_." for c in name)


def settings_from(tree: Mapping[str, Any], where: str) -> VideoSettings:
    """The settings that a file or a command line says; raises `ConfigError` with every mistake."""
    return settings_of(VideoSettings, tree, where)


def settings_of(kind: type[Settings], tree: Mapping[str, Any], where: str) -> Settings:
    """The same, of the kind that is named."""
    names = [field.name for field in fields(kind)]
    known, problems = unknown_words(tree, names)
    told = [f"{where}{written(each['loc'])}: {each['type'].message()}" for each in problems]  # type: ignore[union-attr]
    try:
        made: Settings = TypeAdapter(kind).validate_python(known)
    except ValidationError as error:
        for line in error.errors(include_url=False):
            place, message = explain(line)
            told.append(f"{where}{written(place)}: {message}")
        raise ConfigError(told) from None
    except ConfigError as error:
        raise ConfigError(told + [f"{where}{each}" for each in error.problems]) from error
    if told:
        raise ConfigError(told)
    return made


def settings_told(kind: type[Settings], options: Mapping[str, Any], file: Path | None) -> Settings:
    """Those of a command line: options that were given come after what the file says.

    `options` may hold more than settings, and None for what nobody gave. Raises `ConfigError`.
    """
    names = [field.name for field in fields(kind)]
    given = {name: options[name] for name in names if options.get(name) is not None}
    tree = {} if file is None else read_settings(file)
    return settings_of(kind, tree | given, "" if file is None else f"{file}: ")


def read_settings(path: Path) -> dict[str, Any]:
    """What a file says; raises `ConfigError`."""
    tree = read_yaml(path)
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: found {type(tree).__name__}; allowed: settings as `key: value`")
    return tree


def plain(settings: ClipSettings) -> dict[str, Any]:
    """As a file says it."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(settings).items()}


def keep_settings(settings: ClipSettings, path: Path) -> None:
    """Write them in full."""
    write_yaml(path, plain(settings))


def is_first() -> bool:
    """Whether this process, of several that learn together, is the one that speaks."""
    return os.environ.get("RANK", "0") == "0"


NETWORKS: tuple[str, ...] = get_args(Network)
MODES: tuple[str, ...] = get_args(Mode)
