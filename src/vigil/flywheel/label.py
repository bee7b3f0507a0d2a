"""Pseudo-labels: a teacher looks at every thing of a library, and what is sure becomes a label.

Three passes, each of which may be killed and begun again. The teacher is asked about each picture
once; what it said is kept (`label_journal`). Thresholds are fitted on pictures that people have
labelled (`label_thresholds`). Then sure proposals become labels, unsure ones are shown to a large
model within a budget, and the rest is dropped (`label_deciding`). Memory holds a few pictures, and
the proposals of one picture or video, at a time.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from vigil.core import DataError, Image, Labelled, Medium
from vigil.data.formats import Files
from vigil.data.library import Library
from vigil.flywheel.label_deciding import Checker, Deciding, Tally, Told
from vigil.flywheel.label_journal import Journal, frame_key, from_row, introduce, to_row
from vigil.flywheel.label_plan import Plan, Settings, by_word, load_plan, save_plan
from vigil.flywheel.label_sources import frames_of, picture_of, seen_frames, step_of
from vigil.flywheel.label_thresholds import Judged, Limits, add_example, fit_limits
from vigil.flywheel.label_truth import trusted_labels, trusted_words, truth_at
from vigil.flywheel.teachers.teacher import Teacher, key_of

Things = Callable[[], Iterable[Labelled]]
BATCH = 8
"""Pictures that a teacher is given at a time; so many are in memory."""


@dataclass(kw_only=True)
class Outcome:
    """What a run has done."""

    tallies: dict[str, Tally]
    limits: Mapping[str, Limits]
    kept_plan: bool
    """The thresholds are those of an earlier run."""
    pictures: int = 0
    """Pictures and frames that the teacher has looked at, now or before."""
    asked: int = 0
    """Of these, now."""
    unanswered: int = 0
    """Of these, about which the teacher could not say anything; they are asked about again."""
    checks: int = 0
    """Questions to the large model, now."""
    added: int = 0
    """Pictures and videos with labels that were not there before."""
    passed_videos: int = 0
    known_already: int = 0
    """Pictures and videos in which people have labelled all the words."""
    unreadable: list[str] = field(default_factory=list)


class Labelling:
    """One teacher's work on one library."""

    def __init__(
        self,
        library: Library,
        teacher: Teacher,
        *,
        settings: Settings | None = None,
        checker: Checker | None = None,
        budget: int = 200,
        examples: Library | None = None,
        told: Told = lambda name, done, total: None,
    ) -> None:
        """Nothing is opened or asked yet.

        `budget`: questions to `checker`, all runs together. `examples`: another library whose
        labels thresholds are fitted on; None: this one's own.
        """
        self._library, self._teacher = library, teacher
        self._settings = settings or Settings()
        self._checker, self._budget, self._told = checker, budget, told
        self._examples = examples or library
        self.key = key_of(teacher)
        self.folder = library.folder / "labelling" / self.key
        self._unreadable: list[str] = []
        self._asked = self._unanswered = 0

    def run(self) -> Outcome:
        """Label what can be labelled.

        Raises `DataError` when there is not one label in the end, with the reason for each word.
        """
        plan_file = self.folder / "plan.json"
        kept = load_plan(plan_file, self._settings)
        with Journal(self.folder / "proposals.jsonl") as proposals:
            introduce(self.folder, self._teacher)
            self._gather(self._library.things, self._library, proposals)
            plan = kept or Plan(
                settings=self._settings,
                limits=by_word(self._limits(proposals)),
                time_s=time.time(),
            )
            save_plan(plan_file, plan)
            with Journal(self.folder / "checks.jsonl") as checks:
                deciding = Deciding(
                    self._library, self._teacher, self._checker, plan, proposals, checks,
                    key=self.key, budget=self._budget, told=self._told,
                )  # fmt: skip
                added = self._library.add(
                    deciding.labelled(), Files(root=self._library.folder, carry="leave")
                )
            outcome = Outcome(
                tallies=deciding.tallies,
                limits=plan.limits,
                kept_plan=kept is not None,
                pictures=len(proposals),
                asked=self._asked,
                unanswered=self._unanswered,
                checks=deciding.checks,
                added=added,
                passed_videos=deciding.passed_videos,
                known_already=deciding.known_already,
                unreadable=self._unreadable,
            )
        if not any(tally.labels for tally in outcome.tallies.values()):
            plan_file.unlink()  # nothing has been labelled by it
            raise DataError("\n".join(why_nothing(outcome)))
        return outcome

    def _gather(self, things: Things, library: Library, proposals: Journal) -> None:
        """Ask the teacher about all of the things that it has not seen yet."""
        total = sum(len(self._places(thing.medium)) for thing in things())
        pictures = self._unseen(things(), library, proposals)
        while batch := list(islice(pictures, BATCH)):
            answers = self._teacher.propose([image for _, image in batch])
            pairs = zip(batch, answers, strict=True)
            rows = {key: to_row(each) for (key, _), each in pairs if each is not None}
            if rows:
                proposals.put(rows)
            self._asked += len(batch)
            self._unanswered += len(batch) - len(rows)
            self._told("pictures", len(proposals), total)

    def _places(self, medium: Medium) -> range:
        """Which frames of a thing the teacher is shown; a picture is one."""
        if not medium.is_video:
            return range(1)
        if self._teacher.whole or not self._settings.tracks:
            return range(0)
        return range(0, medium.frames, step_of(medium, self._settings.every_s))

    def _unseen(
        self, things: Iterable[Labelled], library: Library, proposals: Journal
    ) -> Iterator[tuple[str, Image]]:
        for thing in things:
            medium = thing.medium
            try:
                if medium.is_video:
                    yield from self._unseen_frames(library, medium, proposals)
                elif medium.sha256 not in proposals:
                    yield medium.sha256, picture_of(library.folder, medium)
            except DataError as error:
                self._unreadable.append(str(error))

    def _unseen_frames(
        self, library: Library, medium: Medium, proposals: Journal
    ) -> Iterator[tuple[str, Image]]:
        wanted = self._places(medium)
        # How many frames a video has is known roughly: the last one may not be there.
        if all(frame_key(medium.sha256, frame) in proposals for frame in wanted[:-1]):
            return
        for frame, image in frames_of(library.folder, medium, step=wanted.step):
            key = frame_key(medium.sha256, frame)
            if key not in proposals:
                yield key, image

    def _limits(self, proposals: Journal) -> list[Limits]:
        if self._examples.folder.resolve() == self._library.folder.resolve():
            return self._fitted(proposals)
        there = self._examples.folder / "labelling" / self.key
        with Journal(there / "proposals.jsonl") as theirs:
            introduce(there, self._teacher)
            self._gather(self._example_things, self._examples, theirs)
            return self._fitted(theirs)

    def _example_things(self) -> Iterator[Labelled]:
        """What people have labelled; of the rest nothing can be learnt."""
        whole = self._teacher.whole
        return (thing for thing in self._examples.things() if trusted_labels(thing, whole=whole))

    def _fitted(self, proposals: Journal) -> list[Limits]:
        """Thresholds by the words that people have given the examples."""
        teacher, whole = self._teacher, self._teacher.whole
        known = trusted_words(self._examples, whole=whole)
        judged = {word: Judged() for word in teacher.words}
        shown = {word: each for word, each in judged.items() if word in known}
        for number, thing in enumerate(self._example_things()):
            labels, medium = trusted_labels(thing, whole=whole), thing.medium
            group = _number(medium.group) if medium.group else number
            seen = seen_frames(proposals, medium, self._settings.every_s)
            for frame in seen if medium.is_video else [None]:
                key = frame_key(medium.sha256, frame)
                if key in proposals:
                    found, truth = from_row(proposals[key]), truth_at(labels, frame)
                    add_example(shown, found, truth, group=group, whole=whole)
        settings = self._settings
        usual = teacher.usual if settings.score is None else settings.score
        return fit_limits(judged, wanted=settings.precision, usual=usual)


def why_nothing(outcome: Outcome) -> list[str]:
    """One line a word: what was found, and what it lacked."""
    lines = [f"not one label: {outcome.pictures} pictures and frames were read"]
    if outcome.passed_videos:
        lines.append(f"{outcome.passed_videos} videos were passed over; --tracks labels them")
    if outcome.known_already:
        lines.append(f"{outcome.known_already} things bear labels of people for all the words")
    if outcome.unanswered:
        lines.append(f"about {outcome.unanswered} the teacher could not say anything")
    if outcome.unreadable:
        lines.append(f"{len(outcome.unreadable)} could not be read: {outcome.unreadable[0]}")
    for word, tally in outcome.tallies.items():
        limits = outcome.limits[word]
        if not tally.found:
            lines.append(f"{word}: nothing found where nobody has labelled yet")
            continue
        needed = "no score is believed" if limits.accept > 1 else f"{limits.accept:.2f} is needed"
        checked = f"; {tally.refused} refused by the large model" if tally.refused else ""
        lines.append(
            f"{word}: {tally.found} found, the best with {tally.best:.2f}; {needed}{checked}"
        )
    return lines


def _number(group: str) -> int:
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:7])
