from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from vigil.config.schedule import Schedule, Window
from vigil.core import Box, Scene, Severity, Step, StepKind
from vigil.stages.rules.life import MOST_IDS, MOST_POINTS, Lives, Sighting
from vigil.stages.rules.moment import Lifetime, Moment
from vigil.stages.rules.settings import RuleSettings

from .films import NOON_S, check_lives


def scene(t: float, **fields: object) -> Scene:
    return Scene(source="gate", time_s=NOON_S + t, width=100, height=100, **fields)


class Told:
    """Lives whose steps are kept."""

    def __init__(self, **settings: object) -> None:
        self.lives = Lives(RuleSettings(**settings))
        self.lifetime = Lifetime()
        self.steps: list[Step] = []
        self.moment: Moment | None = None

    def at(self, t: float, **fields: object) -> "Told":
        self.moment = self.lifetime.at(scene(t, **fields))
        self.steps += self.lives.tick(self.moment)
        return self

    def hold(self, key: object = "k", **fields: object) -> None:
        known = {
            "start_s": self.moment.time_s,
            "end_s": self.moment.time_s,
            "claims": ("It is.", "是"),
        }
        self.steps += self.lives.hold(key, self.moment, Sighting(**{**known, **fields}))

    def end(self, key: object = "k") -> None:
        self.steps += self.lives.end(key, self.moment)

    @property
    def kinds(self) -> list[str]:
        return [str(step.kind) for step in self.steps]


def test_an_event_is_new_once_and_ends_once():
    told = Told()
    for t in range(4):
        told.at(t).hold()
    told.end()
    told.end()
    assert told.kinds == ["new", "end"]
    check_lives(told.steps)


def test_updates_come_no_faster_than_asked():
    told = Told(update_s=2.0)
    for t in range(0, 100):
        told.at(t / 10).hold()
    assert told.kinds == ["new"] + ["update"] * 4


def test_nothing_new_is_no_update():
    told = Told(update_s=1.0)
    told.at(0).hold()
    told.at(5).hold(end_s=NOON_S)
    assert told.kinds == ["new"]


def test_a_risen_severity_is_told_at_once():
    told = Told(update_s=60.0)
    told.at(0).hold()
    told.at(0.1).hold(severity=Severity.HIGH)
    assert told.kinds == ["new", "update"]
    assert told.steps[-1].event.severity is Severity.HIGH


def test_cool_down_puts_an_event_off_and_does_not_lose_it():
    told = Told(cool_down_s=10.0)
    told.at(0).hold()
    told.end()
    told.at(3).hold()
    assert told.kinds == ["new", "end"]
    told.at(10).hold(start_s=NOON_S + 3)
    assert told.kinds == ["new", "end", "new"]
    assert told.steps[-1].event.start_s == NOON_S + 3


def test_a_clock_set_back_does_not_prolong_the_cool_down():
    told = Told(cool_down_s=10.0)
    told.at(0).hold()
    told.end()
    told.at(-3600)
    told.at(-3590).hold()
    assert told.kinds == ["new", "end", "new"]


def test_the_end_of_the_hours_ends_what_is_open():
    start = datetime.fromtimestamp(NOON_S, UTC)
    hours = f"{start.hour:02}:00-{start.hour + 1:02}:00"
    schedule = Schedule(windows=(Window(hours=hours),), time_zone="UTC")
    left_s = 3600 - start.minute * 60 - start.second
    told = Told(schedule=schedule)
    told.at(0).hold()
    told.at(left_s).hold()
    assert told.kinds == ["new", "end"]


def test_what_began_before_the_hours_starts_with_them():
    start = datetime.fromtimestamp(NOON_S, UTC)
    schedule = Schedule(
        windows=(Window(hours=f"{start.hour + 1:02}:00-{start.hour + 2:02}:00"),), time_zone="UTC"
    )
    opens_s = 3600 - start.minute * 60 - start.second
    told = Told(schedule=schedule)
    told.at(0).hold()
    told.at(opens_s + 1.0).hold(start_s=NOON_S)
    assert told.kinds == ["new"]
    assert told.steps[0].event.start_s == NOON_S + opens_s + 1.0


def test_ids_sort_by_time_of_birth():
    told = Told()
    for t in range(5):
        told.at(t).hold(key=t)
    ids = [step.event.id for step in told.steps]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5


def test_a_path_is_bounded_and_reaches_from_first_to_last():
    told = Told()
    for t in range(5000):
        told.at(t / 5).hold(box=Box(t, 0, t + 1, 1))
    told.end()
    path = told.steps[-1].event.path
    assert len(path) <= MOST_POINTS + 1
    assert path[0] == (NOON_S, Box(0, 0, 1, 1))
    assert path[-1] == (NOON_S + 999.8, Box(4999, 0, 5000, 1))
    times = [time_s for time_s, _ in path]
    assert times == sorted(times)


def test_track_ids_are_bounded_and_keep_the_first():
    told = Told()
    for t in range(300):
        told.at(t).hold(track_ids=(t,))
    told.end()
    ids = told.steps[-1].event.track_ids
    assert len(ids) == MOST_IDS
    assert (ids[0], ids[-1]) == (0, 299)


def test_an_event_names_every_model_that_saw_it():
    told = Told()
    told.at(0, cards=("a@1",)).hold()
    told.at(1, cards=("b@2",)).hold()
    told.end()
    assert told.steps[-1].event.cards == ("a@1", "b@2")


@given(
    st.lists(
        st.tuples(st.floats(-50, 50), st.sampled_from("abc"), st.sampled_from(["hold", "end"])),
        max_size=60,
    )
)
def test_lives_keep_their_grammar_whatever_the_clock_does(moves):
    told = Told(update_s=1.0, cool_down_s=3.0)
    t = 0.0
    for step_s, key, what in moves:
        t += step_s
        told.at(t)
        told.hold(key) if what == "hold" else told.end(key)
    told.steps += told.lives.end_all(NOON_S + t)
    check_lives(told.steps)
    assert told.kinds.count(StepKind.NEW) == told.kinds.count(StepKind.END)
