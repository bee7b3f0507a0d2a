"""An event that somebody says is of no concern, from the file of the order to the end of it."""

from pathlib import Path
from typing import Any

import pytest

from vigil.config.home import Home, open_home
from vigil.config.load import parse
from vigil.core import Clip, ConfigError, Event, Step, StepKind
from vigil.pipeline.build import Builder
from vigil.pipeline.camera import Camera
from vigil.pipeline.dismissals import Dismissal, DismissalFolder, Dismissals
from vigil.pipeline.shard import Shard
from vigil.sim.camera import Camera as Lens
from vigil.sim.film import write_film
from vigil.sim.people import Looks
from vigil.sim.route import Route, Stop
from vigil.sim.sites import corridor
from vigil.sim.world import Bag, Walker, World

GROUND = "0,0.3,1,0.3,1,1,0,1"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody puts a suitcase down in a corridor and walks away."""
    route = Route(
        points=((0.4, -4.5), (0.1, 2.4), (0.4, -5.0)), start_s=1.0, speed_m_s=2.2,
        stops=(Stop(1, 1.2),),
    )  # fmt: skip
    owner = Walker(id=1, looks=Looks(jacket=(0.5, 0.1, 0.1)), route=route)
    bag = Bag(id=2, owner=1, put_down_s=route.stop_interval_s(1)[0] + 0.6, colour=(0.1, 0.1, 0.3))
    lens = Lens(
        name="hall", position=(0.9, -5.5, 2.5), target=(-0.1, 3, 0.9), view_deg=70, width=320,
        height=180, rate=5.0,
    )  # fmt: skip
    world = World(site=corridor(), seconds=26.0, actors=(owner, bag))
    return write_film(tmp_path_factory.mktemp("left") / "left.mp4", world, lens).path


class Collected:
    def __init__(self) -> None:
        self.steps: list[Step] = []

    def put(self, step: Step, clip: Clip | None) -> None:
        self.steps.append(step)


class Watching:
    """A shard that watches the film, with what is dismissed heeded after each turn."""

    def __init__(self, home: Home, film: Path, *, rule: dict[str, Any] | None = None) -> None:
        settings = {"kind": "abandoned_object", "zone": GROUND, "still_s": 2, "alone_s": 2}
        camera = {
            "source": {"kind": "file", "path": film},
            "detector": {"kind": "motion"},
            "rules": [rule or settings],
        }
        app = parse({"cameras": {"hall": camera}})
        self.outbox = Collected()
        self.dismissals = Dismissals(home)
        made = Builder(home, evidence=False).camera(app.cameras["hall"])
        self.camera: Camera = made[0]
        self.shard = Shard(cameras=[made], outbox=self.outbox)

    def until_new(self) -> Event:
        while self.turn():
            if found := [s.event for s in self.steps if s.kind is StepKind.NEW]:
                return found[0]
        raise AssertionError("no event")

    def turn(self) -> bool:
        if not self.shard.turn():
            self.shard._awaken.wait(0.05)
        for camera, steps in self.dismissals.apply(self.shard.cameras):
            self.shard.tell(camera, steps)
        return bool(self.shard.cameras)

    def to_the_end(self) -> list[Step]:
        while self.turn():
            pass
        self.shard._clips.close()
        return self.outbox.steps

    @property
    def steps(self) -> list[Step]:
        return list(self.outbox.steps)


def test_a_place_dismissed_for_good_stays_dismissed_after_a_restart(film: Path) -> None:
    home = open_home()
    folder = DismissalFolder(home)
    watching = Watching(home, film)
    event = watching.until_new()
    folder.put(Dismissal.of(event, for_good=True))
    steps = watching.to_the_end()
    assert [step.kind for step in steps if step.kind is not StepKind.UPDATE] == ["new", "end"]
    assert steps[-1].event.ending == "dismissed"
    (remembered,) = folder.all()
    assert remembered.region is not None

    again = Watching(home, film)
    assert again.to_the_end() == []

    rule = again.camera.watch.rules[0]
    assert rule.fixtures == (remembered.region,)
    assert folder.drop(event.id)
    again.dismissals.apply([again.camera])
    assert rule.fixtures == ()


def test_a_plain_dismissal_is_carried_out_once_and_forgotten(film: Path) -> None:
    home = open_home()
    folder = DismissalFolder(home)
    watching = Watching(home, film)
    event = watching.until_new()
    folder.put(Dismissal.of(event, for_good=False))
    steps = watching.to_the_end()
    assert [step.kind for step in steps if step.kind is not StepKind.UPDATE] == ["new", "end"]
    assert steps[-1].event.ending == "dismissed"
    assert list(folder.all()) == []


def test_the_orders_of_other_cameras_are_left_to_their_watch(film: Path) -> None:
    home = open_home()
    folder = DismissalFolder(home)
    other = Event(id="01-x", source="yard", rule="r", claim="c", start_s=0, end_s=0)
    folder.put(Dismissal.of(other, for_good=False))
    watching = Watching(home, film, rule={"kind": "crowd"})
    watching.to_the_end()
    assert [one.event for one in folder.all()] == ["01-x"]


def test_what_is_no_order_is_left_alone(tmp_path: Path) -> None:
    home = open_home()
    folder = DismissalFolder(home)
    folder.path.mkdir()
    (folder.path / "01-a.yaml").write_text("event: 01-b\ncamera: c\nrule: r\n")
    (folder.path / "01-c.yaml").write_text("[")
    (folder.path / "01-d.yaml").write_text("event: 01-d\ncamera: c\nrule: r\nwhat: 1\n")
    assert list(folder.all()) == []
    for name in ("../x", "", "a/b"):
        with pytest.raises(ConfigError):
            folder.drop(name)


def test_an_event_without_a_place_cannot_be_left_alone_for_good() -> None:
    event = Event(id="01-x", source="yard", rule="r", claim="c", start_s=0, end_s=0)
    with pytest.raises(ConfigError, match="place"):
        Dismissal.of(event, for_good=True)
