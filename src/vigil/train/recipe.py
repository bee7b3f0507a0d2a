"""From a frozen data set to a checked model file, in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vigil.core import DataError, ModelCard
from vigil.data.freezing import HOLDOUT, Frozen
from vigil.infer.session import open_session
from vigil.train.continuing import After, Kept, keep_weights
from vigil.train.detecting import fit_detector
from vigil.train.exporting import export, in_eight_bits, latency_ms
from vigil.train.fitting import Fit, Told
from vigil.train.judging import judge
from vigil.train.networks import FROM_NOTHING, Start
from vigil.train.stills import Still, stills_of
from vigil.train.teaching_boxes import BoxTeacher, Taught, taught

MOST_COMPARED = 128
"""Pictures that are held in memory to check and to compress an export."""
LOST = 0.01
"""Of the goal: what eight bits may cost for being faster."""

Splits = Mapping[str, list[Still]]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """Two files of one network, each with what it reaches and costs."""

    full: ModelCard
    small: ModelCard | None
    """In eight bits; None: it has none."""
    folder: Path
    """Where both are."""
    learnt: int
    """Pictures."""
    unseen: int
    """Pictures by which the files were judged."""
    judged_by: str
    """Their split."""
    steps: int
    goal: str
    """The metric on the cards that counts most."""
    kept: Kept | None = None
    pruned: tuple[int, int] | None = None
    """Parameters before channels were taken out, and after."""

    @property
    def best(self) -> ModelCard:
        """Eight bits where they are faster and cost next to nothing."""
        if self.small is None:
            return self.full
        faster = self.small.latency_ms["cpu"] < self.full.latency_ms["cpu"]
        as_good = self.small.metrics[self.goal] >= self.full.metrics[self.goal] - LOST
        return self.small if faster and as_good else self.full


def train_detector(
    frozen: Frozen,
    root: Path,
    card: ModelCard,
    folder: Path,
    *,
    fit: Fit,
    start: Start = FROM_NOTHING,
    rare: float = 0.0,
    after: After | None = None,
    teacher: BoxTeacher | None = None,
    asked: Taught = lambda done, total: None,
    told: Told = lambda done, total, best: None,
) -> Trained:
    """Fit `card.labels` to a frozen data set whose files are below `root`; `folder` is the run's.

    The card's head is that of the network to `start` with; `after` gives it its weights and old
    pictures. A teacher adds what it sees where people have said nothing; `asked` hears of how many
    pictures. `rare`: see `fit_detector`.

    The files are judged by what people alone labelled and nothing learnt from; without that, by
    the split that chose the best epoch, which flatters a little. Raises `DataError`, or
    `ModelError` when a file answers otherwise than its network.
    """
    splits = _splits(frozen, root, card)
    learnt, choosing = splits["train"], splits["val"]
    if teacher is not None:
        learnt = taught(learnt, teacher, card.labels, folder, told=asked)
        # Nobody knows what is on the others, so that they can choose no epoch.
        choosing = [still for still in choosing if still.said or len(still.boxes)]
        start = replace(start, soft=True)
    if after is not None:
        learnt = [*learnt, *after.replayed(card, "train", without=learnt, seed=fit.seed)]
        # Else the best epoch would be the one that forgot most for what is new.
        choosing = [*choosing, *after.replayed(card, "val", without=choosing, seed=fit.seed)]
        start = replace(start, weights=after.weights)
    fitted = fit_detector(
        learnt, choosing, card, folder, fit=fit, start=start, rare=rare, told=told
    )
    keep_weights(fitted.learner.model, folder)
    held = splits[HOLDOUT]
    judged_by = HOLDOUT if any(len(still.boxes) for still in held) else "val"
    exam = held if judged_by == HOLDOUT else choosing
    pictures = [still.image() for still in learnt[:MOST_COMPARED]]
    export(fitted.learner.exported, card, folder, pictures)
    small = in_eight_bits(card, folder, folder, pictures)
    made = Trained(
        full=_measured(card, folder, exam),
        small=_measured(small, folder, exam),
        folder=folder,
        learnt=len(learnt),
        unseen=len(exam),
        judged_by=judged_by,
        steps=fitted.steps,
        goal="ap50",
        pruned=fitted.learner.pruned,
    )
    return made if after is None else replace(made, kept=after.kept(made.best, folder))


def words_of(frozen: Frozen) -> tuple[str, ...]:
    """All that has a box somewhere. Raises `DataError` when nothing has."""
    found = {
        label.word for thing in frozen.things() for label in thing.labels if label.shape is not None
    }
    if not found:
        raise DataError(f"{frozen.path.name}: nothing with a box; label something first")
    return tuple(sorted(found))


def _splits(frozen: Frozen, root: Path, card: ModelCard) -> Splits:
    numbers = {word: number for number, word in enumerate(card.labels)}
    return {
        split: list(stills_of(frozen.things(split), root, numbers, frames=root / "frames"))
        for split in ("train", "val", HOLDOUT)
    }


def _measured(card: ModelCard, folder: Path, stills: Sequence[Still]) -> ModelCard:
    """The card with what its own file reaches and costs on this machine."""
    found = judge(stills, open_session(card, folder).run, card)
    return replace(
        card,
        score=round(found.score, 3),
        metrics=found.metrics(),
        latency_ms={"cpu": latency_ms(card, folder, stills[0].image())},
    )
