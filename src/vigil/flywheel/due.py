"""When a model is to be trained again: people have said enough, or cameras show something else.

Never because time has passed: the same pictures would give the same model.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vigil.core import (
    DataError,
    ModelCard,
    ModelError,
    SampleState,
    StoreError,
)
from vigil.data.freezing import Frozen
from vigil.data.library import Library
from vigil.flywheel.drift import FIGURES, Drift, Looks, drifts_of, figures_of
from vigil.flywheel.fresh import NO_BOXES, REVIEWED, Fresh, fresh_in, last_trained
from vigil.infer.live import OpenModel
from vigil.infer.registry import Registry
from vigil.store import SampleStore, StoredSample
from vigil.train.stills import Still, rgb_of, stills_of

DRAWN = "random"
"""The sampler whose looks are drawn whatever they show; all others prefer some."""
LATEST = 100
"""Looks of a camera that are compared: the newest."""
COMPARED = 200
"""Pictures of one camera of the data set, at most."""
MOST_SAMPLES = 100_000


@dataclass(frozen=True, kw_only=True)
class Triggers:
    """How much must be new."""

    reviewed: int = REVIEWED
    """Pictures that people labelled, or corrected, since the model was trained."""
    drifted: int = 20
    """Pictures that anybody labelled since, where cameras drift: without them there is nothing to
    learn from."""

    def __post_init__(self) -> None:
        if min(self.reviewed, self.drifted) < 1:
            raise DataError("triggers: allowed: 1 picture or more")


@dataclass(frozen=True, kw_only=True)
class Due:
    """Whether a model is to be trained again, and why."""

    card: ModelCard
    """The one in use."""
    dataset: str
    """Its name."""
    since: str
    """The version from which a model of this name was last trained, in use or refused."""
    fresh: Fresh
    drifts: tuple[Drift, ...]
    triggers: Triggers

    @property
    def reasons(self) -> tuple[str, ...]:
        """None: it is not due."""
        fresh, triggers = self.fresh, self.triggers
        found = []
        if fresh.reviewed >= triggers.reviewed:
            found.append(f"people labelled {fresh.reviewed} pictures (from {triggers.reviewed} on)")
        if self.drifts and fresh.labelled >= triggers.drifted:
            found += map(str, self.drifts)
        return tuple(found)

    @property
    def waits_for(self) -> str:
        """What is missing although cameras drift; empty: nothing."""
        if self.reasons or not self.drifts:
            return ""
        return (
            f"{self.drifts[0]}; label what it shows: {self.fresh.labelled} new pictures, "
            f"needed {self.triggers.drifted}"
        )


def due(
    registry: Registry,
    name: str,
    library: Library,
    samples: SampleStore,
    *,
    triggers: Triggers,
    cameras: Iterable[str] | None = None,
) -> Due:
    """Look at the model in use, its data set, and the looks drawn by chance of its cameras.

    `cameras`: those that the model watches; None: all. Raises `ModelError`, `DataError`, and
    `StoreError` when the database is away.
    """
    card, session = registry.open_verified(name)
    if card.head in NO_BOXES:
        raise ModelError(
            f"{card.id}: head {card.head!r}; only detectors are trained anew by themselves, others "
            "by `vigil model distil` or `vigil model segment`"
        )
    since = last_trained(registry, name, library)
    drifts = _drifts(OpenModel(card=card, session=session), since, library.folder, samples, cameras)
    return Due(
        card=card,
        dataset=library.folder.name,
        since=since.version,
        fresh=fresh_in(library, since),
        drifts=tuple(drifts),
        triggers=triggers,
    )


def _drifts(
    model: OpenModel,
    since: Frozen,
    root: Path,
    samples: SampleStore,
    cameras: Iterable[str] | None,
) -> list[Drift]:
    live = _live(model, samples, None if cameras is None else set(cameras))
    if not live:
        return []
    known = _known(model, since, root)
    return [drift for camera in sorted(live) for drift in drifts_of(camera, live[camera], known)]


def _live(model: OpenModel, samples: SampleStore, cameras: set[str] | None) -> Mapping[str, Looks]:
    """Of each camera its newest looks that were drawn by chance."""
    drawn: dict[str, list[StoredSample]] = {}
    for stored in samples.queue(limit=MOST_SAMPLES, state=None, reason=DRAWN):
        if stored.state is SampleState.SKIPPED:
            continue
        if cameras is None or stored.sample.source in cameras:
            drawn.setdefault(stored.sample.source, []).append(stored)
    found = {}
    for camera, looks in drawn.items():
        newest = sorted(looks, key=lambda each: each.sample.time_s)[-LATEST:]
        rows = []
        for each in newest:
            try:
                rows.append(figures_of(rgb_of(samples.picture(each.sample)), model))
            except (StoreError, DataError):  # it is not kept any more
                continue
        found[camera] = _looks(rows)
    return found


def _known(model: OpenModel, since: Frozen, root: Path) -> Mapping[str, Looks]:
    """Of each camera or video of the data set."""
    stills: dict[str, list[Still]] = {}
    for still in stills_of(since.things(), root, {}, frames=root / "frames"):
        stills.setdefault(still.group, []).append(still)
    chance = np.random.default_rng(0)
    found = {}
    for group, each in stills.items():
        chosen = chance.permutation(len(each))[:COMPARED]
        found[group] = _looks([figures_of(each[at].image(), model) for at in chosen])
    return found


def _looks(rows: list[tuple[float, float, float]]) -> Looks:
    return np.array(rows, np.float64).reshape(-1, len(FIGURES))
