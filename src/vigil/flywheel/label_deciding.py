"""From proposals and thresholds to labels: what is sure, what a large model is asked about."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from vigil.core import Box, DataError, Detections, Image, Label, Labeler, Labelled, Medium, Origin
from vigil.data.library import Library
from vigil.flywheel.label_journal import Journal, frame_key, from_row
from vigil.flywheel.label_plan import Plan
from vigil.flywheel.label_sources import frames_of, picture_of, seen_frames, step_of
from vigil.flywheel.label_tracks import Course, courses_of, trimmed
from vigil.flywheel.label_truth import trusted_labels, trusted_words
from vigil.flywheel.teachers.teacher import Teacher

Told = Callable[[str, int, int], object]
"""Called with the name of a pass, how many pictures or things it has done, and how many in all."""
Band = Literal["sure", "unsure", "no"]


class Checker(Protocol):
    """A large model that is shown what a teacher is not sure of."""

    @property
    def name(self) -> str:
        """Model and hash of what it is asked."""
        ...

    def check(self, image: Image, asked: Sequence[tuple[Box | None, str]]) -> list[bool | None]:
        """Whether each box shows the word (no box: the whole picture); None: it cannot tell."""
        ...


@dataclass(kw_only=True)
class Tally:
    """What became of the proposals of one word; things in videos count once."""

    found: int = 0
    sure: int = 0
    confirmed: int = 0
    """Unsure, and a large model says yes."""
    refused: int = 0
    """Unsure, and a large model says no or cannot tell."""
    unchecked: int = 0
    """Unsure, and nobody was asked."""
    dropped: int = 0
    """Below the unsure."""
    best: float = 0.0

    @property
    def labels(self) -> int:
        return self.sure + self.confirmed


class Deciding:
    """From proposals and thresholds to labels, as a stream; counts what becomes of each word."""

    def __init__(
        self,
        library: Library,
        teacher: Teacher,
        checker: Checker | None,
        plan: Plan,
        proposals: Journal,
        checks: Journal,
        *,
        key: str,
        budget: int,
        told: Told,
    ) -> None:
        self._library, self._teacher, self._checker = library, teacher, checker
        self._plan, self._proposals, self._checked = plan, proposals, checks
        self._key, self._told = key, told
        self._known = trusted_words(library, whole=teacher.whole)
        self._settled = {
            thing.medium.sha256 for thing in library.things() if not self._open_words(thing)
        }
        self._left = max(0, budget - len(checks)) if checker else 0
        self._floor = self._lowest_checked(self._left)
        self.tallies = {word: Tally() for word in teacher.words}
        self.checks = 0
        self.passed_videos = 0

    def labelled(self) -> Iterator[Labelled]:
        """Each thing of the library that gets labels, with those alone."""
        total = sum(1 for _ in self._library.things())
        for count, thing in enumerate(self._library.things(), start=1):
            words = self._open_words(thing)
            if thing.medium.is_video:
                labels = self._of_video(thing.medium, words)
            else:
                labels = self._of_picture(thing.medium, words)
            if labels:
                yield replace(thing, labels=tuple(labels), split="")
            self._told("labels", count, total)

    @property
    def known_already(self) -> int:
        """Things in which people have labelled all the words."""
        return len(self._settled)

    def _open_words(self, thing: Labelled) -> set[str]:
        """Words about which people have not spoken.

        What people have looked at they have labelled, as far as they know the word at all.
        """
        trusted = trusted_labels(thing, whole=self._teacher.whole)
        return set(self._teacher.words) - (self._known if trusted else set())

    def _of_picture(self, medium: Medium, words: set[str]) -> list[Label]:
        if medium.sha256 not in self._proposals:
            return []
        found = from_row(self._proposals[medium.sha256])
        asked = [index for index in self._candidates(found) if found.labels[index] in words]
        unsure = [index for index in asked if self._note(found, index) == "unsure"]
        answers = self._confirmed(medium, None, found, unsure)
        labels = []
        for index in asked:
            if index in answers or self._band(found, index) == "sure":
                shape = None if self._teacher.whole else Box(*map(float, found.boxes[index]))
                labels.append(self._label(medium, found, index, shape, index in answers))
        return labels

    def _of_video(self, medium: Medium, words: set[str]) -> list[Label]:
        settings = self._plan.settings
        frames = seen_frames(self._proposals, medium, settings.every_s)
        if not frames:
            self.passed_videos += 1
            return []
        looks = [
            (frame, from_row(self._proposals[frame_key(medium.sha256, frame)])) for frame in frames
        ]
        gap = step_of(medium, settings.most_gap_s)
        labels: list[Label] = []
        for course in courses_of(looks, most_gap=gap):
            if course.word not in words:
                continue
            tally, limits = self.tallies[course.word], self._plan.limits[course.word]
            tally.found += 1
            tally.best = max(tally.best, course.score)
            kept = trimmed(course, accept=limits.accept, reject=limits.reject)
            checked = False
            if kept is not None:
                tally.sure += 1
            elif max(sight.score for sight in course.sights) < limits.reject:
                tally.dropped += 1
            else:
                kept = self._checked_course(medium, course, dict(looks))
                checked = kept is not None
            if kept is not None:
                labels.append(self._path_label(medium, kept, len(labels) + 1, gap, checked))
        return labels

    def _checked_course(
        self, medium: Medium, course: Course, looks: Mapping[int, Detections]
    ) -> Course | None:
        """An unsure thing of a video, if the large model knows it where it is seen best."""
        best = max(course.sights, key=lambda sight: sight.score)
        found = looks[best.frame]
        named = replace(
            found,
            labels=tuple(
                course.word if index == best.proposal else word
                for index, word in enumerate(found.labels)
            ),
        )
        return course if self._confirmed(medium, best.frame, named, [best.proposal]) else None

    def _path_label(
        self, medium: Medium, course: Course, track: int, gap: int, checked: bool
    ) -> Label:
        first = course.sights[0]
        return Label(
            word=course.word,
            shape=course.path(track, frames=medium.frames, most_gap=gap),
            origin=self._origin(course.score, checked),
            id=f"{self._key}-{medium.sha256[:16]}-{first.frame}-{first.proposal}",
        )

    def _label(
        self, medium: Medium, found: Detections, index: int, shape: Box | None, checked: bool
    ) -> Label:
        return Label(
            word=found.labels[index],
            shape=shape,
            origin=self._origin(float(found.scores[index]), checked),
            id=f"{self._key}-{medium.sha256[:16]}-{index}",
        )

    def _origin(self, score: float, checked: bool) -> Origin:
        assert self._checker is not None or not checked
        return Origin(
            labeler=Labeler.BRAIN if checked else self._teacher.labeler,
            by=self._checker.name if checked and self._checker else self._teacher.name,
            score=round(score, 4),
            time_s=self._plan.time_s,
        )

    def _candidates(self, found: Detections) -> list[int]:
        """A whole picture has one word, the surest; boxes are all looked at."""
        if self._teacher.whole and len(found):
            return [int(np.argmax(found.scores))]
        return list(range(len(found)))

    def _band(self, found: Detections, index: int) -> Band:
        limits = self._plan.limits[found.labels[index]]
        score = float(found.scores[index])
        return "sure" if score >= limits.accept else "unsure" if score >= limits.reject else "no"

    def _note(self, found: Detections, index: int) -> Band:
        tally, band = self.tallies[found.labels[index]], self._band(found, index)
        tally.found += 1
        tally.best = max(tally.best, float(found.scores[index]))
        tally.sure += band == "sure"
        tally.dropped += band == "no"
        return band

    def _confirmed(
        self, medium: Medium, frame: int | None, found: Detections, unsure: Sequence[int]
    ) -> set[int]:
        """Those of the unsure that the large model says yes to, now or in an earlier run."""
        place = frame_key(medium.sha256, frame)
        # Things in videos are few, and not known before: they come as they come.
        floor = self._floor if frame is None else 0.0
        keys = {index: f"{place}/{index}" for index in unsure}
        new = [
            index
            for index in unsure
            if keys[index] not in self._checked and float(found.scores[index]) >= floor
        ][: self._left]
        if new and self._checker is not None:
            self._left -= len(new)
            self.checks += len(new)
            image = self._image(medium, frame)
            asked = [
                (None if self._teacher.whole else Box(*map(float, found.boxes[i])), found.labels[i])
                for i in new
            ]
            answers = self._checker.check(image, asked)
            self._checked.put(
                {keys[i]: {"shown": answer} for i, answer in zip(new, answers, strict=True)}
            )
        confirmed = set()
        for index in unsure:
            tally = self.tallies[found.labels[index]]
            if keys[index] not in self._checked:
                tally.unchecked += 1
            elif self._checked[keys[index]]["shown"] is True:
                tally.confirmed += 1
                confirmed.add(index)
            else:
                tally.refused += 1
        return confirmed

    def _image(self, medium: Medium, frame: int | None) -> Image:
        if frame is None:
            return picture_of(self._library.folder, medium)
        for number, image in frames_of(self._library.folder, medium, step=max(frame, 1)):
            if number == frame:
                return image
        raise DataError(f"{medium.path}: frame {frame} is not in it any more")

    def _lowest_checked(self, budget: int) -> float:
        """The score from which on the budget lasts: the surest of the unsure are asked about."""
        if not budget:
            return 2.0
        scores = heapq.nlargest(budget, self._unsure_scores())
        return scores[-1] if len(scores) == budget else 0.0

    def _unsure_scores(self) -> Iterator[float]:
        for row in self._proposals.rows():
            found, key = from_row(row), row["key"]
            if ":" in key or key in self._settled:
                continue
            for index in self._candidates(found):
                if self._band(found, index) == "unsure" and f"{key}/{index}" not in self._checked:
                    yield float(found.scores[index])
