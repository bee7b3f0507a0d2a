"""`vigil replay`: rules on recorded scenes, and the difference that other rules would make."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import cv2
import typer

from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.config.load import load, parse
from vigil.config.yaml_file import read_yaml
from vigil.core import ConfigError, Event, Rule
from vigil.core.json import event_json
from vigil.pipeline.replay import Difference, Replay, difference
from vigil.pipeline.replay_jobs import replay_files
from vigil.pipeline.replay_plot import replay_plot
from vigil.pipeline.scene_log import folder_name, scene_files

MOST_LISTED = 200
"""Lines of added and vanished events; `--json` has them all."""


def replay_command(
    scenes: Annotated[
        list[str],
        typer.Argument(help="Recorded files, folders of them, or cameras by name."),
    ],
    rules: Annotated[
        Path, typer.Option(help="YAML of rules (with `zones`, if they name any), or a vigil.yaml.")
    ],
    against: Annotated[
        Path | None, typer.Option(help="The rules to compare with, in the same form.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder, for cameras.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write the events over time as a PNG. · 输出时间线图。")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
) -> None:
    """Try rules on recorded scenes. · 在已录制的场景上回放规则并比较差异。"""
    files = scene_files(places_of(scenes, config))
    sides = [rules_of(rules)] + ([rules_of(against)] if against is not None else [])
    found = replay_files(files, sides)
    diff = difference(found[0], found[1]) if against is not None else None
    if picture is not None:
        _draw(picture, found, diff)
    if as_json:
        typer.echo(json.dumps(_as_json(found, diff), ensure_ascii=False, allow_nan=False))
        return
    _show(found, diff)


@dataclass(frozen=True)
class FileRules:
    """The rules of a file for each camera."""

    path: Path
    everywhere: Sequence[Rule] = ()
    cameras: Mapping[str, Sequence[Rule]] | None = None
    """None: the file knows no cameras, its rules are for all."""

    def __call__(self, name: str) -> Sequence[Rule]:
        if self.cameras is None:
            return self.everywhere
        if name not in self.cameras:
            known = ", ".join(self.cameras) or "none"
            raise ConfigError(f"{self.path}: no camera {name!r}; its cameras: {known}")
        return self.cameras[name]


def rules_of(path: Path) -> FileRules:
    """The rules of a file. Raises ConfigError for a file that is wrong."""
    tree = read_yaml(path)
    if isinstance(tree, Mapping) and "cameras" in tree:
        cameras = {name: camera.all_rules for name, camera in load(path).cameras.items()}
        return FileRules(path=path, cameras=cameras)
    return FileRules(path=path, everywhere=_made(path, tree))


def _made(path: Path, tree: Any) -> Sequence[Rule]:
    own = tree if isinstance(tree, Mapping) and "rules" in tree else {"rules": tree}
    unknown = sorted(set(own) - {"rules", "zones"})
    if unknown:
        raise ConfigError(f"{path}: {unknown[0]}: allowed beside `rules`: zones")
    found = own["rules"]
    own = {**own, "rules": found if isinstance(found, list) else [found]}
    camera = {"source": {"kind": "file", "path": "recorded.scenes"}, **own}
    try:
        return parse({"cameras": {"recorded": camera}}).cameras["recorded"].rules
    except ConfigError as error:
        problems = [f"{path}: {each.removeprefix('cameras.recorded.')}" for each in error.problems]
        raise ConfigError(problems) from error


def places_of(scenes: Sequence[str], config: Path | None) -> list[Path]:
    """Paths as they are; a word that is no path is a camera's name."""
    places = []
    for word in scenes:
        path = Path(word)
        if not path.exists() and not path.suffix and len(path.parts) == 1:
            path = home_of(config).scenes / folder_name(word)
        places.append(path)
    return places


def _show(found: Sequence[Replay], diff: Difference | None) -> None:
    counts = [one.by_day() for one in found]
    keys = sorted(set().union(*counts))
    words = ("day", "camera", "rule", "events") + (("against", "change") if diff else ())
    rows = []
    for key in keys:
        row = [*key, *(str(count[key]) for count in counts)]
        if diff is not None:
            row.append(f"{counts[0][key] - counts[1][key]:+d}")
        rows.append(row)
    if rows:
        print_table(words, rows, right=" ".join(words[3:]))
    new = found[0]
    events = f"{len(new.events)} events" if new.events else "no events"
    typer.echo(f"{events} in {new.scenes} scenes, {new.days:.2f} days")
    for name in sorted(set().union(*(one.unseen for one in found))):
        typer.echo(f"nothing of `{name}` was recorded: did a rule that reads it run then?")
    if diff is not None:
        typer.echo(f"{diff.same} the same")
        _list("added", diff.added)
        _list("vanished", diff.vanished)


def _list(word: str, events: Sequence[Event]) -> None:
    for event in events[:MOST_LISTED]:
        start = datetime.fromtimestamp(event.start_s, UTC)
        lasted_s = event.end_s - event.start_s
        typer.echo(
            f"{word}  {start:%Y-%m-%d %H:%M:%S}  {event.source}  {event.rule}  {lasted_s:.1f} s  "
            f"{event.claim}"
        )
    if len(events) > MOST_LISTED:
        typer.echo(f"{word}: {len(events) - MOST_LISTED} more; see --json")


def _as_json(found: Sequence[Replay], diff: Difference | None) -> dict[str, Any]:
    sides = [_side(one) for one in found]
    told: dict[str, Any] = {"rules": sides[0]}
    if diff is not None:
        told["against"] = sides[1]
        told["added"] = [event_json(event) for event in diff.added]
        told["vanished"] = [event_json(event) for event in diff.vanished]
        told["same"] = diff.same
    return told


def _side(one: Replay) -> dict[str, Any]:
    counts = [
        {"day": day, "camera": camera, "rule": rule, "events": count}
        for (day, camera, rule), count in sorted(one.by_day().items())
    ]
    return {
        "scenes": one.scenes,
        "days": round(one.days, 6),
        "first_s": one.first_s if math.isfinite(one.first_s) else None,
        "last_s": one.last_s if math.isfinite(one.last_s) else None,
        "counts": counts,
        "events": [event_json(event) for event in one.events],
        "unseen": sorted(one.unseen),
    }


def _draw(path: Path, found: Sequence[Replay], diff: Difference | None) -> None:
    if path.suffix.lower() != ".png":
        raise ConfigError(f"--picture: found {path.name}; allowed: .png")
    drawn = replay_plot(found[0], found[1] if len(found) > 1 else None, diff)
    ok, data = cv2.imencode(".png", drawn[:, :, ::-1])
    assert ok
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise ConfigError(f"--picture: {path} cannot be written: {error.strerror}") from error
