"""Model cards as YAML: `ModelCard` is the schema, and every mistake is reported at once."""

import re
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from vigil.core import ConfigError, ModelCard, ModelClip, ModelInput
from vigil.infer.content import SUFFIXES, belonging
from vigil.infer.statistics import BESIDE

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Model names become folders, so that they hold nothing that a file system reads otherwise."""

MOST_FRAMES, MOST_RATE, MOST_STATES = 256, 60.0, 256
"""Of a clip: beyond these a card holds a slip of the pen."""

_ADAPTER = TypeAdapter(ModelCard)


def load_card(path: Path) -> ModelCard:
    """Read a card from a YAML file; raises `ConfigError` with every mistake in it."""
    try:
        return card_from_yaml(path.read_text(encoding="utf-8"), where=path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as text ({error})") from error


def card_from_yaml(text: str, *, where: str = "card") -> ModelCard:
    """Build a card from YAML; `labels` may also be the name of a shipped list, as `coco-80`."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{where}: not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{where}: found {type(raw).__name__}; allowed: a mapping of settings")
    settings = dict(raw)
    if isinstance(settings.get("labels"), str):
        settings["labels"] = known_labels(settings["labels"], where)
    problems = _unknown_keys(settings, where)
    try:
        card = _ADAPTER.validate_python(settings)
    except ValidationError as error:
        problems += [_problem(where, detail) for detail in error.errors()]
        raise ConfigError([p for p in problems if p]) from error
    problems += card_problems(card, where)
    if problems:
        raise ConfigError(problems)
    return replace(card, sha256=dict(card.sha256))


def card_to_yaml(card: ModelCard) -> str:
    """Write a card so that `card_from_yaml` gives an equal one."""
    plain = asdict(card)
    plain["labels"] = list(card.labels)
    plain["input"] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in plain["input"].items()
    }
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def check_card(card: ModelCard, *, where: str = "card") -> None:
    """Raise `ConfigError` with every mistake in a card made in Python."""
    problems = card_problems(card, where)
    if problems:
        raise ConfigError(problems)


def known_labels(name: str, where: str = "card") -> list[str]:
    """The words of a list shipped with Vigil, one line each."""
    folder = files("vigil.infer") / "known" / "labels"
    allowed = sorted(entry.name.removesuffix(".txt") for entry in folder.iterdir())
    if name not in allowed:
        raise ConfigError(
            f"{where}.labels: found {name!r}; allowed: a list of words, or one of {allowed}"
        )
    return (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def card_problems(card: ModelCard, where: str) -> list[str]:
    """What the types cannot say: sizes, ranges, names."""
    found: list[str] = []

    def need(holds: bool, path: str, value: object, allowed: str) -> None:
        if not holds:
            found.append(f"{where}.{path}: found {value!r}; allowed: {allowed}")

    need(bool(NAME.fullmatch(card.name)), "name", card.name, "a-z, 0-9, . _ -, 64 at most")
    need(card.version >= 1, "version", card.version, "1 or more")
    plain = PurePosixPath(card.file).name == card.file and "\\" not in card.file
    suffixes = ", ".join(SUFFIXES)
    need(plain, "file", card.file, "a bare file name")
    need(Path(card.file).suffix in SUFFIXES, "file", card.file, f"a name that ends in {suffixes}")
    need(bool(card.head), "head", card.head, "the name of a head")
    need(0 <= card.score <= 1, "score", card.score, "0 to 1")
    need(0 < card.nms_iou <= 1, "nms_iou", card.nms_iou, "above 0, 1 at most")
    need(set(card.sha256) <= set(belonging(card.file)), "sha256", set(card.sha256), "its files")
    # Vectors of .tflite files and of classifiers are read from their maps.
    own = card.head == "embedding" and Path(card.file).suffix != ".tflite"
    asked = card.options.get(BESIDE, 0.0)
    need(own or not asked, f"options.{BESIDE}", asked, "none but with head: embedding, not .tflite")
    _input_problems(card.input, need)
    if card.clip is not None:
        _clip_problems(card, card.clip, need)
    return found


def _input_problems(wanted: ModelInput, need: Any) -> None:
    need(1 <= wanted.width <= 8192, "input.width", wanted.width, "1 to 8192 pixels")
    need(1 <= wanted.height <= 8192, "input.height", wanted.height, "1 to 8192 pixels")
    need(0 <= wanted.pad <= 255, "input.pad", wanted.pad, "0 to 255")
    channels = 1 if wanted.colour == "gray" else 3
    for key in ("mean", "scale"):
        value = getattr(wanted, key)
        need(len(value) in {1, channels}, f"input.{key}", value, f"1 or {channels} numbers")
    need(all(wanted.scale), "input.scale", wanted.scale, "numbers other than 0")


def _clip_problems(card: ModelCard, clip: ModelClip, need: Any) -> None:
    need(card.head == "softmax", "head", card.head, "softmax, for a model of clips")
    fits = Path(card.file).suffix in {".onnx", ".xml"}
    need(fits, "file", card.file, "an .onnx or .xml file, for a model of clips")
    need(card.input.layout == "nchw", "input.layout", card.input.layout, "nchw, with clip.layout")
    need(card.input.colour != "gray", "input.colour", card.input.colour, "rgb or bgr, for clips")
    need(2 <= clip.frames <= MOST_FRAMES, "clip.frames", clip.frames, f"2 to {MOST_FRAMES}")
    need(0 < clip.rate <= MOST_RATE, "clip.rate", clip.rate, f"above 0, {MOST_RATE:g} at most")
    need(0 <= clip.states <= MOST_STATES, "clip.states", clip.states, f"0 to {MOST_STATES}")


def _unknown_keys(settings: Mapping[str, object], where: str) -> list[str]:
    checks: list[tuple[str, object, type]] = [(where, settings, ModelCard)]
    checks.append((f"{where}.input", settings.get("input"), ModelInput))
    checks.append((f"{where}.clip", settings.get("clip"), ModelClip))
    problems = []
    for path, found, kind in checks:
        allowed = {field.name for field in fields(kind)}
        for key in found if isinstance(found, Mapping) else ():
            if key not in allowed:
                problems.append(f"{path}.{key}: unknown; allowed: {', '.join(sorted(allowed))}")
    return problems


def _problem(where: str, detail: Any) -> str:
    if detail["type"] == "unexpected_keyword_argument":
        return ""  # said already, with what is allowed
    path = ".".join(str(part) for part in (where, *detail["loc"]))
    found = "nothing" if detail["type"].startswith("missing") else repr(detail["input"])[:60]
    return f"{path}: found {found}; allowed: {detail['msg']}"
