"""`vigil watch`: one source, here and now."""

import logging
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from vigil.cli.signals import stop_on_signals
from vigil.config.app import INHERITED, App, CameraConfig
from vigil.config.home import Home, open_home
from vigil.config.load import parse
from vigil.config.yaml_file import read_yaml
from vigil.core import Clip, ConfigError, Outbox, Step, StepKind
from vigil.core.json import as_line, event_json
from vigil.pipeline.annotate import Annotator
from vigil.pipeline.build import Builder
from vigil.pipeline.logs import log_to_stderr
from vigil.pipeline.settle import settle
from vigil.pipeline.shard import Shard

WORDS = (
    "type",
    "id",
    "source",
    "rule",
    "label",
    "start_s",
    "end_s",
    "box",
    "severity",
    "claim",
)
"""What a line of `--json` says, in this order; a promise to those who read it."""

DEFAULT_RULES = (
    {
        "kind": "presence",
        "labels": ["person", "bicycle", "car", "motorcycle", "bus", "truck", "vehicle", "object"],
    },
)


def watch(
    source: Annotated[
        str, typer.Argument(help="File, folder, rtsp:// or http(s):// address, device.")
    ],
    config: Annotated[Path | None, typer.Option(help="Settings of a vigil.yaml.")] = None,
    camera: Annotated[str | None, typer.Option(help="Whose settings of that file.")] = None,
    rules: Annotated[
        list[str] | None, typer.Option(help="A YAML file of rules, or a rule as YAML text.")
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="named_motion, motion, or a model of the registry.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a step.")] = False,
    annotate: Annotated[Path | None, typer.Option(help="Write an annotated MP4.")] = None,
    scenes: Annotated[
        Path | None, typer.Option(help="Record the scenes into this file, for vigil replay.")
    ] = None,
) -> None:
    """Watch one source and print its events. · 值守单个视频源并打印事件。

    For files, seconds count from the start of the file.
    """
    app = settings_for(source, config=config, camera=camera, rules=rules, detector=detector)
    (one,) = app.cameras.values()
    if annotate is not None:
        check_writable(annotate, source)
    # What ends a file is told as the one line of the failure; a camera's troubles are news.
    log_to_stderr(least=logging.WARNING if one.source.live else logging.ERROR)
    stop = stop_on_signals()
    printer = Printer(as_json=as_json)
    watch_one(app, one, printer, annotate=annotate, scenes=scenes, stop=stop)
    printer.close()


def watch_one(
    app: App,
    one: CameraConfig,
    outbox: Outbox,
    *,
    annotate: Path | None = None,
    scenes: Path | None = None,
    stop: threading.Event | None = None,
    home: Home | None = None,
) -> None:
    """Watch until the source ends or `stop` is set. Raises `SourceError` when it never opened.

    `home`: where clips are to be kept; without it none are cut.
    """
    settle()
    place = home or open_home(app.home)
    builder = Builder(place, evidence=home is not None, scene_file=scenes)
    running, detector = builder.camera(one)
    annotator = Annotator(annotate) if annotate else None
    if annotator is not None:
        running.observers.append(annotator)
    Shard(cameras=[(running, detector)], outbox=outbox).run(stop or threading.Event())
    if annotator is not None:
        annotator.close()
    running.check()


def check_writable(annotate: Path, source: str) -> None:
    """Raise ConfigError when no video can be written there, before anything was watched."""
    folder = annotate.absolute().parent
    if annotate.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"--annotate: cannot write {annotate}; allowed: a file in your folders")
    if annotate.exists() and not os.access(annotate, os.W_OK):
        raise ConfigError(f"--annotate: {annotate} is there and cannot be written")
    if annotate.suffix.lower() not in {".mp4", ".mov", ".mkv"}:
        raise ConfigError(f"--annotate: found {annotate.name}; allowed: .mp4, .mov or .mkv")
    if Path(source).exists() and annotate.exists() and annotate.samefile(source):
        raise ConfigError(f"--annotate: {annotate} is what is to be watched")


def settings_for(
    source: str,
    *,
    config: Path | None = None,
    camera: str | None = None,
    rules: list[str] | None = None,
    detector: str | None = None,
) -> App:
    """What the options mean, as if a file had said it. Raises ConfigError.

    The source counts from the working directory, what the file names from the file's folder.
    """
    tree: dict[str, Any] = {"rules": list(DEFAULT_RULES)}
    own: dict[str, Any] = {}
    if config is not None:
        found = read_yaml(config)
        if not isinstance(found, Mapping):
            raise ConfigError(f"{config}: allowed: settings as `key: value`")
        tree |= {word: found[word] for word in (*INHERITED, "home") if word in found}
        own = _one_of(found.get("cameras") or {}, camera, config)
    if rules:
        own["rules"] = [rule for text in rules for rule in _rules_of(text)]
    if detector:
        own["detector"] = detector
    own.pop("sub", None)
    own.pop("main", None)
    name = camera or re.sub(r"\W+", "_", Path(source.rstrip("/")).stem).strip("_")[:64]
    if "://" not in source and not source.startswith("~"):
        source = str(Path(source).absolute())
    folder = config.absolute().parent if config else None
    return parse(tree | {"cameras": {name or "camera": own | {"source": source}}}, folder=folder)


def _one_of(cameras: Mapping[str, Any], camera: str | None, config: Path) -> dict[str, Any]:
    if camera is None and len(cameras) == 1:
        return dict(next(iter(cameras.values())))
    if camera is None:
        return {}
    if camera not in cameras:
        names = ", ".join(cameras) or "none"
        raise ConfigError(f"--camera: no {camera!r} in {config}; allowed: {names}")
    return dict(cameras[camera])


def _rules_of(text: str) -> list[Any]:
    found: Any
    if Path(text).suffix in {".yaml", ".yml"}:
        found = read_yaml(Path(text))
    else:
        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ConfigError(f"--rules: {text!r} is neither a file nor YAML") from error
    if isinstance(found, Mapping) and "rules" in found:
        found = found["rules"]
    return list(found) if isinstance(found, list) else [found]


class Printer:
    """An outbox that prints each step at once, and remembers the events."""

    def __init__(self, *, as_json: bool, quiet: bool = False) -> None:
        self.steps: list[Step] = []
        self._as_json = as_json
        self._quiet = quiet
        self._console = Console(highlight=False, soft_wrap=True)

    def put(self, step: Step, clip: Clip | None) -> None:
        """Print it; `clip` stays where it is."""
        self.steps.append(step)
        if self._as_json:
            found = event_json(step)
            typer.echo(as_line({word: found[word] for word in WORDS}))
        elif not self._quiet and step.kind is not StepKind.UPDATE:
            self._console.print(line_of(step))

    def close(self) -> None:
        """Say so when there was nothing to say."""
        if not self.steps and not self._as_json:
            self._console.print("no events")


def line_of(step: Step) -> str:
    """A step for people: when, what, for how long."""
    event = step.event
    colour = "red" if step.kind is StepKind.NEW else "green"
    lasted = "" if step.kind is StepKind.NEW else f" [dim]{event.end_s - event.start_s:.1f} s[/dim]"
    direction = f" {escape(event.direction)}" if event.direction else ""
    return (
        f"[dim]{event.start_s:8.1f} s[/dim] [{colour}]{step.kind.value:4}[/{colour}] "
        f"[bold]{escape(event.rule)}[/bold]{direction} {escape(event.claim)}{lasted}"
    )
