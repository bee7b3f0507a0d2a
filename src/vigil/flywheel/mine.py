"""Which pictures are worth a person's label, out of many that wait.

A *chooser* names, one after another, the candidate from which most is to be learnt. `choose` deals
the turns of a mixture of choosers, so that whoever stops early has labelled the best beginning:
the first ten of a hundred are those that ten alone would have been.

Legend of shapes: n candidates, d numbers of an embedder, l labelled pictures, r references.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from vigil.flywheel.mining import Herding, Vectors
from vigil.flywheel.views import NEAR_COSINE

RANDOM_SHARE = 0.1
"""Turns that go to chance, whatever the scores say. They bound what a wrong score can cost, find
what no score looks for, and are the only labels that no score has chosen."""
RARE_SHARE = 0.1
"""Turns that go to the condition with the fewest labels, where candidates tell theirs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """What waits for a label, a row each, and what is labelled already.

    Raises ValueError when lengths differ, or a number is none or out of its range.
    """

    ids: Sequence[str]
    vectors: Vectors | None = None
    """Of unit length, (n, d); a row of zeros: this one has none. None: nobody has."""
    uncertainty: Float64[np.ndarray, " n"] | None = None
    """How unsure a model is, 0 to 1, as `mining` measures it; None: there is no model yet."""
    disagreement: Float64[np.ndarray, " n"] | None = None
    """How far a small and a large model are apart, 0 to 1; None: nobody has compared them."""
    cameras: Sequence[str] = ()
    """The camera or video of each; empty: not known."""
    conditions: Sequence[frozenset[str]] = ()
    """Words of each (`dark`, `rain` …); empty: not known."""
    labelled: Float32[np.ndarray, "l d"] | None = None
    """Vectors of what is labelled; None: nothing is, or nobody knows."""
    labelled_conditions: Mapping[str, int] = field(default_factory=dict)
    """How many labelled pictures have each word."""

    def __post_init__(self) -> None:
        count = len(self.ids)
        if len(set(self.ids)) != count:
            raise ValueError("each candidate needs an id of its own")
        for name in ("vectors", "uncertainty", "disagreement"):
            given = getattr(self, name)
            if given is not None and (len(given) != count or not np.all(np.isfinite(given))):
                raise ValueError(f"{name}: {count} rows of finite numbers wanted: {given.shape}")
        for name in ("uncertainty", "disagreement"):
            given = getattr(self, name)
            if given is not None and np.any((given < 0) | (given > 1)):
                raise ValueError(f"{name}: {given.min()} to {given.max()}; allowed: 0 to 1")
        for name in ("cameras", "conditions"):
            if len(getattr(self, name)) not in {0, count}:
                raise ValueError(f"{name}: {len(getattr(self, name))} of {count} candidates")
        width = None if self.vectors is None else self.vectors.shape[1]
        if self.labelled is not None and self.labelled.shape[1] != width:
            raise ValueError(
                f"labelled: {self.labelled.shape}; the candidates have {width} numbers"
            )

    @property
    def doubt(self) -> Float64[np.ndarray, " n"] | None:
        """The larger of uncertainty and disagreement: a model may be surely wrong."""
        known = [each for each in (self.uncertainty, self.disagreement) if each is not None]
        return np.maximum.reduce(known) if known else None


@dataclass(frozen=True, kw_only=True)
class Pick:
    """One candidate that is to be labelled."""

    id: str
    row: int
    why: str
    """The chooser that named it: `instructive`, `rare` or `random` of the usual mixture."""


class Chooser(Protocol):
    """Names candidates one at a time."""

    def best(self, left: Bool[np.ndarray, " n"]) -> int:
        """The row of most worth among those left, of which there is one at least."""
        ...

    def took(self, row: int) -> None:
        """Somebody will label that row, whoever named it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Share:
    """A chooser and how large a part of the turns it gets."""

    why: str
    chooser: Chooser
    part: float


def choose(
    candidates: Candidates, budget: int, *, per_camera: int | None = None, seed: int = 0
) -> list[Pick]:
    """The usual mixture: what to label first, the most instructive first, `budget` at most.

    Nine of ten turns go to `Herding`, weighted by doubt where a model has told it; one to chance;
    and one, where conditions are known, to the rarest of them. What nearly equals something chosen
    or labelled is passed over, as is a camera that has had its `per_camera`; so there may be fewer
    than `budget`. The same candidates and seed give the same picks, and a smaller budget gives a
    beginning of them.
    """
    shares = usual_mixture(candidates, seed)
    return picked(candidates, shares, budget, per_camera=per_camera)


def usual_mixture(candidates: Candidates, seed: int) -> list[Share]:
    """The choosers that `choose` deals its turns to."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(candidates.ids))
    shares = [Share(why="random", chooser=Ranked(order), part=RANDOM_SHARE)]
    if any(candidates.conditions):
        rare = Rare(candidates.conditions, candidates.labelled_conditions, order)
        shares.append(Share(why="rare", chooser=rare, part=RARE_SHARE))
    rest = 1 - sum(share.part for share in shares)
    herding = Herding(
        candidates.vectors,
        candidates.doubt,
        len(candidates.ids),
        labelled=candidates.labelled,
        chance=chance,
    )
    return [Share(why="instructive", chooser=herding, part=rest), *shares]


def picked(
    candidates: Candidates, shares: Sequence[Share], budget: int, *, per_camera: int | None = None
) -> list[Pick]:
    """What the choosers name in turn. Raises ValueError for a budget that is none."""
    if budget < 0 or (per_camera is not None and per_camera < 1):
        raise ValueError(f"budget {budget}, per camera {per_camera}; allowed: 0 and 1 or more")
    if per_camera is not None and len(candidates.cameras) != len(candidates.ids):
        raise ValueError("a budget a camera needs to know the cameras")
    left = np.ones(len(candidates.ids), bool)
    seen = _Seen(candidates, budget)
    rooms = _Rooms(candidates.cameras, per_camera)
    found: list[Pick] = []
    for share in itertools.islice(_turns(shares), budget):
        row = _next(share.chooser, left, seen)
        if row is None:
            break
        for each in shares:
            each.chooser.took(row)
        seen.add(row)
        rooms.took(row, left)
        found.append(Pick(id=candidates.ids[row], row=row, why=share.why))
    return found


def _next(chooser: Chooser, left: Bool[np.ndarray, " n"], seen: "_Seen") -> int | None:
    """What a chooser names that nobody has seen the like of; it is left no more."""
    while left.any():
        row = chooser.best(left)
        left[row] = False
        if not seen.nearly(row):
            return row
    return None


class Ranked:
    """Names rows in a given order: by chance, or the most uncertain first."""

    def __init__(self, order: Int64[np.ndarray, " n"]) -> None:
        self._order, self._next = order, 0

    def best(self, left: Bool[np.ndarray, " n"]) -> int:
        while not left[self._order[self._next]]:
            self._next += 1
        return int(self._order[self._next])

    def took(self, row: int) -> None:
        """The order is what it is."""


class Rare:
    """The condition with the fewest labels; within it, by the given order.

    So rain gets as many labels as sunshine long before as much of it has fallen. A candidate of
    several words counts for each.
    """

    def __init__(
        self,
        conditions: Sequence[frozenset[str]],
        labelled: Mapping[str, int],
        order: Int64[np.ndarray, " n"],
    ) -> None:
        self._conditions = conditions
        self._rows: dict[str, list[int]] = {}
        for row in order:
            for word in conditions[row]:
                self._rows.setdefault(word, []).append(int(row))
        self._next = dict.fromkeys(self._rows, 0)
        self._labels = Counter({word: labelled.get(word, 0) for word in self._rows})
        self._any = Ranked(order)

    def best(self, left: Bool[np.ndarray, " n"]) -> int:
        # Of words with equally many labels the one that fewest candidates have.
        for word in sorted(
            self._rows, key=lambda each: (self._labels[each], len(self._rows[each]), each)
        ):
            rows, at = self._rows[word], self._next[word]
            while at < len(rows) and not left[rows[at]]:
                at += 1
            self._next[word] = at
            if at < len(rows):
                return rows[at]
        return self._any.best(left)

    def took(self, row: int) -> None:
        self._labels.update(self._conditions[row])


def _turns(shares: Sequence[Share]) -> Iterator[Share]:
    """Whose turn it is, for ever: always whoever is furthest behind its part."""
    behind = [0.0] * len(shares)
    while True:
        behind = [owed + share.part for owed, share in zip(behind, shares, strict=True)]
        # Rounded, so that sums of tenths cannot decide.
        first = max(range(len(shares)), key=lambda at: (round(behind[at], 9), -at))
        behind[first] -= sum(share.part for share in shares)
        yield shares[first]


class _Seen:
    """The vectors of what is labelled or picked: nobody is asked the same thing twice."""

    def __init__(self, candidates: Candidates, budget: int) -> None:
        vectors, labelled = candidates.vectors, candidates.labelled
        self._vectors, self._count = vectors, 0
        if vectors is None:
            return
        old = np.zeros((0, vectors.shape[1]), np.float32) if labelled is None else labelled
        self._known = np.zeros((len(old) + min(budget, len(vectors)), vectors.shape[1]), np.float32)
        self._known[: len(old)] = old
        self._count = len(old)

    def nearly(self, row: int) -> bool:
        """Whether something so near is among them."""
        if self._vectors is None or not self._count:
            return False
        return bool((self._known[: self._count] @ self._vectors[row]).max() >= NEAR_COSINE)

    def add(self, row: int) -> None:
        if self._vectors is not None:
            self._known[self._count] = self._vectors[row]
            self._count += 1


class _Rooms:
    """How many more each camera may have."""

    def __init__(self, cameras: Sequence[str], per_camera: int | None) -> None:
        numbers: dict[str, int] = {}
        self._camera = np.array([numbers.setdefault(name, len(numbers)) for name in cameras])
        self._room = None if per_camera is None else np.full(len(numbers), per_camera)

    def took(self, row: int, left: Bool[np.ndarray, " n"]) -> None:
        """Count it; a camera that has had enough is left no more."""
        if self._room is None:
            return
        camera = self._camera[row]
        self._room[camera] -= 1
        if not self._room[camera]:
            left[self._camera == camera] = False
