"""Put a model to use, through the gate: both look at the same hold-out and the same events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vigil.core import Box, Case, DataError, Frame, Labelled, ModelError, SourceError, iou
from vigil.data.freezing import HOLDOUT, Frozen, opened
from vigil.flywheel.gate import Bounds, Passage, Shadow, compare
from vigil.infer.live import OpenModel
from vigil.infer.registry import Registry
from vigil.stages.detect.probation import Terms, agreed
from vigil.train.judging import Judged, boxes_in, judge
from vigil.train.stills import stills_of

SEEN = 0.3
"""Overlap with an event's box from which its thing is seen: a tracker's box lags a little."""
LOOKS = 5
"""At one event: a thing behind a pillar at one moment is not lost."""
COMPARED = 200
"""Pictures on which the agreement of two models is measured."""
DRIFT = 0.2
"""So much less they may agree on what cameras show, before the older one comes back."""
NEAR_S = 0.25
"""How far from a moment of its path an event is looked at."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """One moment of a confirmed event: a picture, and where its thing was."""

    frame: Frame
    box: Box
    label: str


def promote(
    registry: Registry,
    reference: str,
    *,
    against: str,
    frozen: Frozen,
    root: Path,
    events: Iterable[Sequence[Sight]] = (),
    bounds: Bounds | None = None,
) -> Passage:
    """Judge `reference` against the model of `against`, and point its name at it if it passes.

    `frozen`: its hold-out judges; its files are below `root`. `events`: what confirmed events
    showed. Raises `DataError` for a hold-out that cannot judge, and `ModelError` for a
    model that is damaged, or that knows no word of the other's.
    """
    new, old = (_opened(registry, each) for each in (reference, against))
    words = tuple(word for word in new.card.labels if word in old.card.labels)
    if not words:
        raise ModelError(
            f"{new.card.id} and {old.card.id} know no word in common: "
            f"{', '.join(new.card.labels)}; {', '.join(old.card.labels)}"
        )
    _check_unseen(new, frozen)
    passage = compare(
        _judged(old, frozen, root, words),
        _judged(new, frozen, root, words),
        _shadow(old, new, events, words),
        bounds=bounds,
    )
    if passage.passed:
        if new.card.name == old.card.name:
            _agree_on_probation(registry, old, new, frozen, root)
        registry.activate(new.card.name, new.card.version)
    return passage


def sights(case: Case) -> list[Sight]:
    """An event's thing at a few moments of its clip; none where it has no box or no clip."""
    event = case.event
    path = event.path or (((event.start_s, event.box),) if event.box else ())
    moments = np.linspace(0, len(path) - 1, min(LOOKS, len(path))).round().astype(int)
    try:
        found = [_sight(case, *path[moment]) for moment in moments]
    except SourceError:
        return []
    return [each for each in found if each is not None]


def _sight(case: Case, time_s: float, box: Box) -> Sight | None:
    frames = case.footage.frames(time_s - NEAR_S, time_s + NEAR_S)
    nearest = min(frames, key=lambda frame: abs(frame.time_s - time_s), default=None)
    return None if nearest is None else Sight(frame=nearest, box=box, label=case.event.label)


def _agree_on_probation(
    registry: Registry, old: OpenModel, new: OpenModel, frozen: Frozen, root: Path
) -> None:
    """Cameras may show the models as much to differ on as the hold-out did, and a little more."""
    boxes = shared = 0
    stills = stills_of(frozen.things(HOLDOUT), root, {}, frames=root / "frames")
    for still, _ in zip(stills, range(COMPARED), strict=False):
        image = still.image()
        found = [
            boxes_in(image, model.session.run, model.card, model.card.score) for model in (new, old)
        ]
        both, agrees = agreed(found[0], new.card, found[1], old.card)
        boxes, shared = boxes + both, shared + agrees
    least = max(0.0, shared / max(boxes, 1) - DRIFT)
    Terms(version=new.card.version, before=old.card.version, least=round(least, 3)).write(
        registry, new.card.name
    )


def _opened(registry: Registry, reference: str) -> OpenModel:
    card, session = registry.open_verified(reference)
    return OpenModel(card=card, session=session)


def _check_unseen(model: OpenModel, frozen: Frozen) -> None:
    """Groups stay in their split while a data set grows; with another salt they do not."""
    learnt = frozen.path.with_name(f"{model.card.dataset[:16]}.jsonl")
    if not model.card.dataset or not learnt.is_file():
        return
    kept = {_group(thing) for thing in frozen.things(HOLDOUT)}
    seen = opened(learnt.parent, model.card.dataset)
    both = kept & {_group(thing) for split in ("train", "val") for thing in seen.things(split)}
    if both:
        raise DataError(
            f"{model.card.id} has learnt from {len(both)} cameras or videos of the hold-out of "
            f"{frozen.version[:16]}; freeze with the same salt as {model.card.dataset[:16]}"
        )


def _group(thing: Labelled) -> str:
    return thing.medium.group or thing.medium.sha256 or thing.medium.path


def _judged(model: OpenModel, frozen: Frozen, root: Path, words: Sequence[str]) -> Judged:
    numbers = {word: model.card.labels.index(word) for word in words}
    stills = list(stills_of(frozen.things(HOLDOUT), root, numbers, frames=root / "frames"))
    if not any(len(still.boxes) for still in stills):
        raise DataError(
            f"{frozen.path.name}: its hold-out has no box of {', '.join(words)}; "
            "let people label more, then freeze"
        )
    return judge(stills, model.session.run, model.card, score=model.card.score)


def _shadow(
    old: OpenModel, new: OpenModel, events: Iterable[Sequence[Sight]], words: Sequence[str]
) -> Shadow | None:
    there = before = after = 0
    for looks in events:
        wanted = [look for look in looks if look.label in words]
        if wanted:
            there += 1
            before += any(_sees(old, look) for look in wanted)
            after += any(_sees(new, look) for look in wanted)
    return Shadow(events=there, old=before, new=after) if there else None


def _sees(model: OpenModel, look: Sight) -> bool:
    image = look.frame.rgb(look.frame.width)
    found = boxes_in(image, model.session.run, model.card, model.card.score)
    same = found.where(found.classes == model.card.labels.index(look.label))
    return bool((iou(same.boxes, np.array([look.box], np.float32)) >= SEEN).any())
