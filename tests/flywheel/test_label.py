"""Pseudo-labels: from a library and a teacher to labels that say whose they are."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.flywheel.painted import Judge, Reader, library_of, picture

from vigil.core import Box, DataError, Detections, Image, Label, Labeler
from vigil.data.library import Library
from vigil.flywheel.label import Labelling
from vigil.flywheel.label_plan import Settings

HERE, THERE = Box(10, 10, 50, 50), Box(80, 40, 140, 100)


def given(library: Library, labeler: Labeler) -> list[Label]:
    return [
        label
        for thing in library.things()
        for label in thing.labels
        if label.origin.labeler is labeler
    ]


def of_scores(scores: list[float], word: str = "hen") -> list:
    return [
        (picture([(word, score, HERE)], shade=number), []) for number, score in enumerate(scores)
    ]


def test_without_examples_the_teachers_own_threshold_holds_and_is_said(tmp_path: Path) -> None:
    library = library_of(tmp_path / "yard", of_scores([0.9, 0.6, 0.4, 0.1]))
    outcome = Labelling(library, Reader()).run()
    labels = given(library, Labeler.MODEL)
    assert sorted(label.origin.score or 0 for label in labels) == pytest.approx([0.6, 0.9])
    assert {label.origin.by for label in labels} == {"reader@1"}
    assert {label.shape for label in labels} == {HERE}
    tally = outcome.tallies["hen"]
    assert (tally.found, tally.sure, tally.unchecked, tally.dropped) == (4, 2, 1, 1)
    assert "fewer than 5 examples" in outcome.limits["hen"].why


def test_thresholds_follow_the_examples_of_people(tmp_path: Path) -> None:
    # Below 0.7 this teacher is wrong about hens; what it calls a fox always is one.
    taught = [
        (
            picture([("hen", score, HERE), ("fox", score, THERE)], shade=number),
            [("fox", THERE)] + ([("hen", HERE)] if score > 0.7 else []),
        )
        for number, score in enumerate([0.95, 0.9, 0.85, 0.8, 0.75, 0.65, 0.6, 0.55, 0.5, 0.45])
    ]
    fresh = [
        (picture([("hen", 0.6, HERE), ("fox", 0.6, THERE)], shade=90), []),
        (picture([("hen", 0.8, HERE), ("fox", 0.3, THERE)], shade=91), []),
    ]
    library = library_of(tmp_path / "yard", taught + fresh)
    outcome = Labelling(library, Reader()).run()
    told = {
        (label.word, round(label.origin.score or 0, 1)) for label in given(library, Labeler.MODEL)
    }
    # No example says anything about foxes below 0.45.
    assert told == {("hen", 0.8), ("fox", 0.6)}
    assert 0.65 < outcome.limits["hen"].accept < 0.75
    assert "5 of 5 found in 10 examples" in outcome.limits["hen"].why


def test_what_people_labelled_gets_nothing_added(tmp_path: Path) -> None:
    taught = [(picture([("hen", 0.9, HERE), ("fox", 0.9, THERE)]), [("hen", HERE)])]
    library = library_of(tmp_path / "yard", taught)
    outcome = Labelling(library, Reader()).run()
    # Nobody has ever spoken of foxes, so nobody has said that there is none.
    assert [label.word for label in given(library, Labeler.MODEL)] == ["fox"]
    assert outcome.tallies["hen"].found == 0


def test_examples_may_lie_elsewhere(tmp_path: Path) -> None:
    labelled = [(one, [("hen", HERE)]) for one, _ in of_scores([0.3] * 6)]
    taught = library_of(tmp_path / "taught", [*labelled, (picture([], shade=99), [])])
    library = library_of(tmp_path / "yard", [(picture([("hen", 0.3, HERE)], shade=77), [])])
    teacher = Reader(["hen"])
    Labelling(library, teacher, examples=taught).run()
    assert len(given(library, Labeler.MODEL)) == 1
    assert teacher.asked == 7  # not about what nobody has labelled there
    assert not given(taught, Labeler.MODEL)


def test_killed_and_begun_again_nobody_is_asked_twice(tmp_path: Path) -> None:
    library = library_of(tmp_path / "yard", of_scores([0.9] * 20))
    with pytest.raises(Exception, match="power"):
        Labelling(library, Reader(dies_after=16)).run()
    second = Reader()
    labelling = Labelling(library, second)
    # What a crash cut off is no line.
    with (labelling.folder / "proposals.jsonl").open("ab") as journal:
        journal.write(b'{"key":"abc')
    outcome = labelling.run()
    assert (second.asked, outcome.asked, outcome.added) == (4, 4, 20)
    third = Reader()
    again = Labelling(library, third).run()
    assert (third.asked, again.added, again.kept_plan) == (0, 0, True)
    assert len(given(library, Labeler.MODEL)) == 20


def test_killed_between_labels_the_rest_comes_and_nothing_twice(tmp_path: Path) -> None:
    library = library_of(tmp_path / "yard", of_scores([0.9] * 6))
    Labelling(library, Reader()).run()
    journal = library.folder / "things.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 12
    journal.write_bytes(b"".join(lines[:9]) + lines[9][:20])
    assert Labelling(library, Reader()).run().added == 3
    assert journal.read_bytes() == b"".join(lines)


def test_zero_labels_is_a_failure_that_says_why(tmp_path: Path) -> None:
    library = library_of(tmp_path / "yard", of_scores([0.3, 0.2]))
    with pytest.raises(DataError) as failure:
        Labelling(library, Reader()).run()
    said = str(failure.value)
    assert "2 pictures and frames were read" in said
    assert "hen: 2 found, the best with 0.30; 0.50 is needed" in said
    assert "fox: nothing found" in said
    # A failed run ties nobody to its settings.
    with pytest.raises(DataError, match="not one label"):
        Labelling(library, Reader(), settings=Settings(precision=0.5)).run()


def test_other_settings_do_not_mix_with_labels_that_are_there(tmp_path: Path) -> None:
    library = library_of(tmp_path / "yard", of_scores([0.9]))
    Labelling(library, Reader()).run()
    with pytest.raises(DataError, match=r"precision 0\.9, now 0\.5"):
        Labelling(library, Reader(), settings=Settings(precision=0.5)).run()


def test_only_the_unsure_are_checked_within_the_budget_the_surest_first(tmp_path: Path) -> None:
    scores = [0.9, 0.45, 0.4, 0.35, 0.3, 0.1]
    library = library_of(tmp_path / "yard", of_scores(scores))
    judge, settings = Judge({"hen": True}), Settings(checker="judge#1")
    outcome = Labelling(library, Reader(), settings=settings, checker=judge, budget=2).run()
    assert judge.asked == [(HERE, "hen")] * 2
    confirmed = given(library, Labeler.BRAIN)
    assert sorted(label.origin.score or 0 for label in confirmed) == pytest.approx([0.4, 0.45])
    assert {label.origin.by for label in confirmed} == {"judge#1"}
    assert (outcome.tallies["hen"].unchecked, outcome.checks) == (2, 2)
    # A larger budget goes on where the smaller one ended.
    outcome = Labelling(library, Reader(), settings=settings, checker=judge, budget=3).run()
    assert (outcome.checks, outcome.tallies["hen"].confirmed, outcome.added) == (1, 3, 1)


def test_the_budget_is_not_kept_for_what_people_have_labelled(tmp_path: Path) -> None:
    taught = [(one, [("hen", HERE)]) for one, _ in of_scores([0.49, 0.48])]
    fresh = [(picture([("hen", 0.3, HERE)], shade=50), [])]
    library, judge = library_of(tmp_path / "yard", taught + fresh), Judge({"hen": True})
    settings = Settings(checker="judge#1")
    Labelling(library, Reader(["hen"]), settings=settings, checker=judge, budget=1).run()
    assert judge.asked == [(HERE, "hen")]
    assert len(given(library, Labeler.BRAIN)) == 1


def test_what_the_checker_refuses_or_cannot_tell_gets_no_label(tmp_path: Path) -> None:
    things = of_scores([0.9, 0.4]) + of_scores([0.4], "fox")
    library = library_of(tmp_path / "yard", things)
    judge = Judge({"hen": False})
    outcome = Labelling(
        library, Reader(), settings=Settings(checker="judge#1"), checker=judge
    ).run()
    assert not given(library, Labeler.BRAIN)
    assert [tally.refused for tally in outcome.tallies.values()] == [1, 1]


def test_a_whole_picture_has_one_word(tmp_path: Path) -> None:
    both = picture([("hen", 0.7, HERE), ("fox", 0.9, THERE)])
    library = library_of(tmp_path / "yard", [(both, [])])
    Labelling(library, Reader(whole=True)).run()
    assert [(one.word, one.shape) for one in given(library, Labeler.MODEL)] == [("fox", None)]


def test_a_broken_picture_is_named_and_stops_nothing(tmp_path: Path) -> None:
    library = library_of(tmp_path / "yard", of_scores([0.9, 0.9]))
    first = next(library.things()).medium
    os.truncate(library.folder / first.path, 30)
    outcome = Labelling(library, Reader()).run()
    assert len(outcome.unreadable) == 1
    assert Path(first.path).name in outcome.unreadable[0]
    assert outcome.added == 1


def test_two_at_a_time_are_one_too_many(tmp_path: Path) -> None:
    library = library_of(tmp_path / "yard", of_scores([0.9]))

    class Nested(Reader):
        def propose(self, images):
            with pytest.raises(DataError, match="another process"):
                Labelling(library, Reader()).run()
            return super().propose(images)

    Labelling(library, Nested()).run()


def test_what_a_teacher_could_not_answer_is_said_and_asked_again(tmp_path: Path) -> None:
    class Moody(Reader):
        silent = True

        def propose(self, images: Sequence[Image]) -> list[Detections | None]:
            found = super().propose(images)
            return [None if self.silent and at == 0 else each for at, each in enumerate(found)]

    library, moody = library_of(tmp_path / "yard", of_scores([0.9] * 3)), Moody()
    outcome = Labelling(library, moody).run()
    assert (outcome.unanswered, outcome.added) == (1, 2)
    moody.silent = False
    outcome = Labelling(library, moody).run()
    assert (outcome.asked, outcome.unanswered, outcome.added) == (1, 0, 1)
