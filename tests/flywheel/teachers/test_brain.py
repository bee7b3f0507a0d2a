"""A large model as a teacher, played by a fake that says so."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from tests.flywheel.painted import Reader, library_of, picture

from vigil.brain.openai import OpenAiBrain
from vigil.core import Box, BrainUnavailable, Image, Labeler
from vigil.flywheel.label import Labelling
from vigil.flywheel.label_plan import Settings
from vigil.flywheel.teachers.asker import Asker
from vigil.flywheel.teachers.brain import NONE, BoxTeacher, BrainChecker, PictureTeacher
from vigil.testing.fake_answers import FAKE, Asked, GroundingOracle, Oracle, filled
from vigil.testing.fake_brain import FakeBrain
from vigil.testing.fake_faults import Fails, Says

WORDS = {"hen": ("a brown hen",), "fox": ("fox",)}
THINGS = [("hen", Box(0.1, 0.2, 0.5, 0.9), 0.8), ("fox", Box(0.6, 0.6, 0.9, 0.9), 0.4)]
Served = Callable[..., tuple[FakeBrain, Asker]]


@pytest.fixture
def served() -> Iterator[Served]:
    with ExitStack() as ends:

        def serve(oracle: Oracle) -> tuple[FakeBrain, Asker]:
            fake = ends.enter_context(FakeBrain(oracle))
            brain = OpenAiBrain(base_url=fake.url, model="fake-brain", retry_share=0.0)
            return fake, ends.enter_context(Asker(brain))

        yield serve


def blank(width: int, height: int) -> Image:
    return np.full((height, width, 3), 90, np.uint8)


@pytest.mark.parametrize("convention", ["pixels", "thousand", "unit"])
def test_boxes_come_back_in_pixels_of_the_picture(served: Served, convention: str) -> None:
    # Twice as large as it is shown.
    oracle = GroundingOracle(lambda _asked: THINGS, convention=convention)  # type: ignore[arg-type]
    fake, asker = served(oracle)
    teacher = BoxTeacher(asker, WORDS, convention=convention)  # type: ignore[arg-type]
    (found,) = teacher.propose([blank(2048, 1000)])
    assert found is not None
    assert found.labels == ("hen", "fox")
    assert found.scores.tolist() == pytest.approx([0.8, 0.4])
    assert found.boxes[0] == pytest.approx([204.8, 200, 1024, 900], abs=0.3)
    (asked,) = fake.asked
    assert "hen: a brown hen" in asked.text
    assert "- fox" in asked.text
    assert asked.images[0].shape == (500, 1024, 3)


def test_its_name_is_the_model_and_what_it_is_asked(served: Served) -> None:
    _, asker = served(GroundingOracle(lambda _asked: []))
    names = {
        BoxTeacher(asker, WORDS).name,
        BoxTeacher(asker, WORDS, convention="pixels").name,
        BoxTeacher(asker, WORDS, language="zh").name,
        BoxTeacher(asker, {"hen": ("hen",)}).name,
        PictureTeacher(asker, WORDS).name,
        BrainChecker(asker, WORDS).name,
    }
    assert len(names) == 6
    assert all(name.startswith("fake-brain#") and len(name) == 23 for name in names)


def test_boxes_outside_of_the_picture_are_counted_and_left_out(served: Served) -> None:
    wrong = [("hen", Box(0.5, 0.5, 1.4, 0.9), 0.9), *THINGS]
    _, asker = served(GroundingOracle(lambda _asked: wrong))
    teacher = BoxTeacher(asker, WORDS, convention="thousand")
    (found,) = teacher.propose([blank(200, 100)])
    assert found is not None
    assert (len(found), teacher.misplaced) == (2, 1)


def test_who_says_nothing_that_fits_has_said_nothing(served: Served) -> None:
    fake, asker = served(GroundingOracle(lambda _asked: THINGS))
    fake.then(Says(text="two hens"), Says(text="three hens"))
    found = [BoxTeacher(asker, WORDS).propose([blank(99, 99)])[0] for _ in range(2)]
    assert found[0] is None
    assert found[1] is not None
    assert asker.calls == 3


def test_a_word_that_was_not_asked_for_does_not_fit(served: Served) -> None:
    _, asker = served(GroundingOracle(lambda _asked: [("cow", Box(0, 0, 1, 1), 1.0)]))
    assert BoxTeacher(asker, WORDS).propose([blank(99, 99)]) == [None]


def test_a_model_that_is_down_stops_the_run(served: Served) -> None:
    fake, asker = served(GroundingOracle(lambda _asked: THINGS))
    fake.always(Fails(status=500))
    with pytest.raises(BrainUnavailable):
        BoxTeacher(asker, WORDS).propose([blank(99, 99)])


def test_pictures_are_named_or_show_none_of_it(served: Served) -> None:
    def oracle(asked: Asked) -> dict:
        light = asked.images[0].mean() > 100
        word = "fox" if light else NONE
        return filled(asked.schema or {}, word=word, confidence=0.7)

    _, asker = served(oracle)
    light, dark = blank(40, 30) + 100, blank(40, 30)
    one, none = PictureTeacher(asker, WORDS).propose([light, dark])
    assert one is not None
    assert none is not None
    assert (one.labels, one.boxes.tolist()) == (("fox",), [[0, 0, 40, 30]])
    assert len(none) == 0


def test_the_checker_shows_the_box_in_red_and_takes_a_ruling(served: Served) -> None:
    rulings = {"a brown hen": "confirmed", "fox": "rejected"}

    def oracle(asked: Asked) -> dict:
        ruling = next((rulings[what] for what in rulings if what in asked.text), "unsure")
        return filled(asked.schema or {}, ruling=ruling, confidence=0.9)

    fake, asker = served(oracle)
    checker = BrainChecker(asker, {**WORDS, "cow": ("cow",)})
    box = Box(40, 30, 80, 60)
    asked = [(box, "hen"), (box, "fox"), (None, "cow")]
    assert checker.check(blank(400, 300), asked) == [True, False, None]
    shown = {question.text.split(" Rule")[0]: question.images[0] for question in fake.asked}
    hen = shown["A smaller model says: The red box is around: hen (a brown hen)."]
    assert hen.shape[1] == 384
    red = (hen[..., 0] > 200) & (hen[..., 1] < 100)
    rows, columns = np.nonzero(red)
    # 40 of 88 pixels wide, in the middle, however much larger it is drawn.
    assert np.ptp(columns) / 384 == pytest.approx(40 / 88, abs=0.03)
    assert np.mean(columns) == pytest.approx(192, abs=4)
    assert not red[int(rows.mean()), 192]
    whole = shown["A smaller model says: The picture shows: cow."]
    assert whole.shape == (300, 400, 3)


def test_a_library_is_labelled_and_says_by_whom(served: Served, tmp_path: Path) -> None:
    _, asker = served(GroundingOracle(lambda _asked: THINGS))
    library = library_of(tmp_path / "yard", [(picture([], shade=80), [])])
    teacher = BoxTeacher(asker, WORDS)
    Labelling(library, teacher).run()
    (thing,) = library.things()
    (label,) = thing.labels
    assert (label.word, label.origin.labeler, label.origin.by) == (
        "hen", Labeler.BRAIN, teacher.name,
    )  # fmt: skip
    assert label.shape == pytest.approx((16, 24, 80, 108))


def test_a_small_teacher_and_a_large_checker(served: Served, tmp_path: Path) -> None:
    def oracle(asked: Asked) -> dict:
        ruling = "confirmed" if "hen" in asked.text else "rejected"
        answer = filled(asked.schema or {}, ruling=ruling, confidence=0.9)
        assert FAKE in answer["reason"]
        return answer

    fake, asker = served(oracle)
    things = [("hen", 0.9, Box(5, 5, 30, 30)), ("hen", 0.4, Box(60, 5, 90, 30))]
    unsure_fox = [("fox", 0.4, Box(60, 60, 90, 90))]
    library = library_of(tmp_path / "yard", [(picture(things + unsure_fox), [])])
    checker = BrainChecker(asker, {"hen": ("hen",), "fox": ("fox",)})
    Labelling(
        library, Reader(), settings=Settings(checker=checker.name), checker=checker, budget=9
    ).run()
    (thing,) = library.things()
    told = sorted((label.word, label.origin.by.split("#")[0]) for label in thing.labels)
    assert told == [("hen", "fake-brain"), ("hen", "reader@1")]
    assert fake.counts.answered == 2
