"""What somebody said is of no concern: one file each, which the running watch picks up.

`dismissed/<event id>.yaml` in the home folder is both the order and what is remembered of it: a
plain dismissal is carried out and deleted; one for good stays, so that its place is left alone
after every restart, and is undone by deleting the file.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from vigil.config.home import Home
from vigil.config.yaml_file import read_yaml, write_yaml
from vigil.core import Box, ConfigError, Event, Placed, Scene, Step
from vigil.pipeline.camera import Camera
from vigil.pipeline.watch import Watch

log = structlog.get_logger(__name__)
ID = re.compile(r"[A-Za-z0-9-]{1,64}")
Region = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Dismissal:
    """One event that is of no concern."""

    event: str
    """Its id."""
    camera: str
    rule: str
    box: Region | None = None
    """Where it was, source pixels."""
    for_good: bool = False
    """Leave alone whatever stands in its place from now on."""
    region: Region | None = None
    """The place in fractions of the picture, once the watch has worked it out."""

    @classmethod
    def of(cls, event: Event, *, for_good: bool) -> "Dismissal":
        """Dismiss an event. Raises ConfigError for one that has no place to be left alone."""
        if for_good and event.box is None:
            raise ConfigError(f"{event.id}: an event of the whole camera has no place to leave")
        box = None if event.box is None else tuple(float(side) for side in event.box)
        return cls(
            event=event.id, camera=event.source, rule=event.rule, box=box, for_good=for_good  # type: ignore[arg-type]
        )  # fmt: skip


class DismissalFolder:
    """The files in a home folder."""

    def __init__(self, home: Home) -> None:
        self.path = home.path / "dismissed"

    def put(self, dismissal: Dismissal) -> None:
        """Ask for it; it is on the disk when this returns. Raises ConfigError."""
        tree = {name: value for name, value in asdict(dismissal).items() if value is not None}
        tree |= {
            name: list(value) for name in ("box", "region") if (value := getattr(dismissal, name))
        }
        write_yaml(self._file(dismissal.event), tree)

    def drop(self, event_id: str) -> bool:
        """Take it back; False when there was none."""
        try:
            self._file(event_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def all(self) -> Iterator[Dismissal]:
        """Whatever can be read; a file that is wrong is told of and left alone."""
        for file in sorted(self.path.glob("*.yaml")):
            try:
                if ID.fullmatch(file.stem):
                    yield _read(file)
            except (ConfigError, TypeError, ValueError) as error:
                log.error("dismissal not understood", file=str(file), error=str(error))

    def _file(self, event_id: str) -> Path:
        if not ID.fullmatch(event_id):
            raise ConfigError(f"{event_id!r}: not the id of an event")
        return self.path / f"{event_id}.yaml"


class Dismissals:
    """Carries them out on the cameras of one shard."""

    def __init__(self, home: Home) -> None:
        self._folder = DismissalFolder(home)
        self._done: dict[str, tuple[Watch, Dismissal]] = {}
        self._stamp: tuple[object, ...] = ()

    def apply(self, cameras: Sequence[Camera]) -> list[tuple[Camera, list[Step]]]:
        """Do what is new, undo what is no more; the steps that follow, by camera."""
        stamp = self._stamped(cameras)
        if stamp == self._stamp:
            return []
        told, waits, kept = [], False, set()
        by_name = {camera.name: camera for camera in cameras}
        for dismissal in self._folder.all():
            kept.add(dismissal.event)
            camera = by_name.get(dismissal.camera)
            if camera is None or self._is_done(dismissal, camera):
                continue
            if camera.watch.scene is None or camera.watch.scene.width <= 0:
                waits = True
                continue
            told.append((camera, self._carry_out(dismissal, camera)))
        self._undo(kept)
        self._stamp = () if waits else self._stamped(cameras)
        return told

    def _is_done(self, dismissal: Dismissal, camera: Camera) -> bool:
        done = self._done.get(dismissal.event)
        return done is not None and done[0] is camera.watch

    def _carry_out(self, dismissal: Dismissal, camera: Camera) -> list[Step]:
        steps = camera.dismiss(dismissal.event)
        scene = camera.watch.scene
        if not dismissal.for_good or scene is None:
            self._folder.drop(dismissal.event)
            return steps
        if dismissal.region is None and dismissal.box is not None:
            dismissal = replace(dismissal, region=_region(Box(*dismissal.box), scene))
            with suppress(ConfigError):  # a full disk: it is worked out anew next time
                self._folder.put(dismissal)
        if dismissal.region is not None:
            _leave_alone(camera.watch, dismissal.rule, dismissal.region)
        self._done[dismissal.event] = (camera.watch, dismissal)
        return steps

    def _undo(self, kept: set[str]) -> None:
        for event_id in [one for one in self._done if one not in kept]:
            watch, dismissal = self._done.pop(event_id)
            if dismissal.region is not None:
                _heed(watch, dismissal.rule, dismissal.region)

    def _stamped(self, cameras: Sequence[Camera]) -> tuple[object, ...]:
        """Cheap enough to ask every second."""
        try:
            changed = self._folder.path.stat().st_mtime_ns
        except FileNotFoundError:
            changed = 0
        return changed, tuple(id(camera.watch) for camera in cameras)


def _leave_alone(watch: Watch, name: str, region: Region) -> None:
    """Let the rules of that name take what stands there for a fixture."""
    for rule in watch.rules:
        if isinstance(rule, Placed) and rule.name == name and region not in rule.fixtures:
            rule.fixtures = (*rule.fixtures, region)


def _heed(watch: Watch, name: str, region: Region) -> None:
    for rule in watch.rules:
        if isinstance(rule, Placed) and rule.name == name:
            rule.fixtures = tuple(each for each in rule.fixtures if each != region)


def _read(file: Path) -> Dismissal:
    tree = read_yaml(file)
    for name in ("box", "region"):
        if tree.get(name) is not None:
            x1, y1, x2, y2 = (float(side) for side in tree[name])
            tree[name] = (x1, y1, x2, y2)
    found = Dismissal(**tree)
    if found.event != file.stem:
        raise ValueError(f"names the event {found.event!r}")
    return found


def _region(box: Box, scene: Scene) -> Region:
    inside = box.clipped(scene.width, scene.height)
    width, height = scene.width, scene.height
    return inside.x1 / width, inside.y1 / height, inside.x2 / width, inside.y2 / height
