import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from vigil.core import ModelCard, ModelError
from vigil.infer import LiveModel, OpenModel, Registry

TinyModel = Callable[..., tuple[Path, ModelCard]]


class HandClock:
    def __init__(self) -> None:
        self.time_s = 0.0

    def now_s(self) -> float:
        return self.time_s

    def monotonic_s(self) -> float:
        return self.time_s

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds


def knows_people(model: OpenModel) -> None:
    if "person" not in model.card.labels:
        raise ModelError(f"{model.card.id} knows no person")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def live(registry: Registry, reference: str = "tiny") -> tuple[LiveModel, HandClock]:
    clock = HandClock()
    return LiveModel(registry, reference, check=knows_people, clock=clock), clock


def test_a_moved_pointer_is_followed_within_a_second_and_back(
    registry: Registry, tiny_model: TinyModel
) -> None:
    registry.add(*tiny_model())
    model, clock = live(registry)
    assert model.current().card.version == 1

    registry.add(*tiny_model(weight=2.0))
    assert model.settled().card.version == 1  # the second is not over
    clock.sleep(1.0)
    assert model.settled().card.version == 2
    registry.roll_back("tiny")
    clock.sleep(1.0)
    assert model.settled().card.version == 1


def test_the_old_model_answers_while_the_new_one_opens(
    registry: Registry, tiny_model: TinyModel
) -> None:
    registry.add(*tiny_model())
    may_open = threading.Event()
    may_open.set()
    clock = HandClock()

    def check(_: OpenModel) -> None:
        assert may_open.wait(10)

    model = LiveModel(registry, "tiny", check=check, clock=clock)
    old = model.current()
    may_open.clear()
    registry.add(*tiny_model(weight=2.0))
    clock.sleep(1.0)

    assert model.current() is old
    assert model.current() is old
    may_open.set()
    assert model.settled().card.version == 2


@pytest.mark.parametrize("harm", ["weights", "card", "golden"])
def test_a_bad_new_model_leaves_the_old_one_at_work(
    registry: Registry, tiny_model: TinyModel, harm: str
) -> None:
    registry.add(*tiny_model())
    model, clock = live(registry)
    old = model.current()
    registry.add(*tiny_model(weight=2.0), activate=False)
    file = {"weights": "tiny.onnx", "card": "card.yaml", "golden": "golden.npz"}[harm]
    (registry.resolve("tiny@2")[1] / file).write_bytes(b"rot")
    (registry.folder / "tiny" / "current").write_text("2 1\n")

    clock.sleep(1.0)
    assert model.settled() is old
    registry.add(*tiny_model(weight=3.0))
    clock.sleep(1.0)
    assert model.settled().card.version == 3


def test_a_model_without_the_labels_that_are_needed_is_not_put_in(
    registry: Registry, tiny_model: TinyModel
) -> None:
    registry.add(*tiny_model())
    model, clock = live(registry)
    old = model.current()

    registry.add(*tiny_model(labels=("cat",)))
    clock.sleep(1.0)

    assert model.settled() is old


def test_a_pinned_version_stays(registry: Registry, tiny_model: TinyModel) -> None:
    registry.add(*tiny_model())
    model, clock = live(registry, "tiny@1")
    model.current()

    registry.add(*tiny_model(weight=2.0))
    clock.sleep(1.0)

    assert model.settled().card.version == 1


def test_a_bad_first_model_is_an_error(registry: Registry, tiny_model: TinyModel) -> None:
    registry.add(*tiny_model(labels=("cat",)))

    with pytest.raises(ModelError, match="knows no person"):
        live(registry)[0].current()
