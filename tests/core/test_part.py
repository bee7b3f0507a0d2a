"""A part is its settings: it can be compared, copied and sent for free."""

import copy
import pickle
import threading

import pytest

from vigil.core import part


@part
class Counter:
    step: int = 1

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.total = 0

    def count(self) -> None:
        self.total += self.step


@part
class NamedCounter(Counter):
    name: str


@pytest.mark.parametrize("send", [copy.deepcopy, copy.copy])
def test_a_copy_has_the_settings_and_a_memory_of_its_own(send: object) -> None:
    counter = NamedCounter(name="cars", step=5)
    counter.count()
    found = send(counter)  # type: ignore[operator]
    assert found == counter
    assert (found.step, found.name, found.total, counter.total) == (5, "cars", 0, 5)
    assert found.lock is not counter.lock


def test_a_part_with_a_lock_in_its_memory_can_be_sent_to_another_process() -> None:
    function, (cls, settings) = NamedCounter(name="cars").__reduce__()
    assert (cls, settings) == (NamedCounter, {"name": "cars", "step": 1})
    assert function(cls, pickle.loads(pickle.dumps(settings))) == NamedCounter(name="cars")  # noqa: S301  our own bytes


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        Counter(colour="red")
