"""From a model that is there to one that knows more: its weights, and pictures that it learnt from.

A network that learns only what is new forgets what it knew (McCloskey and Cohen 1989). Three things
are against it: some of the old pictures come again, what the old model sees on new pictures counts
as a label where nobody labelled its words (Shmelkov et al. 2017, arXiv 1708.06977), and the old
hold-out tells what it cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from vigil.core import DataError, Embedder, ModelCard, ModelError
from vigil.data.freezing import HOLDOUT, Frozen, opened
from vigil.infer.content import sha256_of
from vigil.infer.registry import Registry
from vigil.infer.session import open_session
from vigil.media.key_frames import k_centre
from vigil.train.judging import Answer, judge
from vigil.train.stills import Still, stills_of
from vigil.train.unfolding import unfolded

WEIGHTS = "network.safetensors"
"""Beside the files that were made of it, in the run's folder."""
OF_NETWORK = "network."


@dataclass(frozen=True, kw_only=True, eq=False)
class Before:
    """What a model learnt from, as far as it is still there."""

    frozen: Frozen
    root: Path
    """Of its files."""

    @classmethod
    def of(cls, card: ModelCard, data: Path) -> "Before":
        """The frozen data set that a card names, among the data sets below a folder.

        Raises `DataError` when it is not there.
        """
        name = f"{card.dataset[:16]}.jsonl"
        found = sorted(data.glob(f"*/frozen/{name}")) if card.dataset else []
        if not found:
            said = card.dataset[:16] or "none"
            raise DataError(f"{card.id}: learnt from the data set {said}; no such below {data}")
        frozen = found[0].parent
        return cls(frozen=opened(frozen, card.dataset), root=frozen.parent)

    def stills(self, split: str, words: Sequence[str]) -> list[Still]:
        """Pictures of one split with the boxes of `words`. Raises `DataError`."""
        numbers = {word: number for number, word in enumerate(words)}
        frames = self.root / "frames"
        return list(stills_of(self.frozen.things(split), self.root, numbers, frames=frames))

    def replayed(
        self,
        count: int,
        words: Sequence[str],
        *,
        without: Sequence[Still],
        embedder: Embedder | None,
        seed: int,
        split: str = "train",
    ) -> list[Still]:
        """So many pictures to learn from again, none of them among those learnt anyway.

        The most different ones (k-centre), as an embedder sees them, or else by chance. Raises
        `DataError`.
        """
        there = {still.path for still in without}
        old = [still for still in self.stills(split, words) if still.path not in there]
        if len(old) <= count:
            return old
        if embedder is None:
            rows = np.random.default_rng(seed).choice(len(old), count, replace=False)
        else:
            rows = k_centre(_vectors(old, embedder), count)
        return [old[int(row)] for row in rows]

    def unseen(self, words: Sequence[str]) -> list[Still]:
        """The hold-out: people labelled it, and nothing learnt from it. Raises `DataError`."""
        return self.stills(HOLDOUT, words)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is left of what an older model knew: AP50 on its own hold-out, for its own words."""

    before: float
    after: float
    """Of the better file."""
    pictures: int


@dataclass(frozen=True, kw_only=True, eq=False)
class After:
    """A model that goes on learning; its words are the first of the new card's."""

    card: ModelCard
    weights: Mapping[str, Tensor]
    answer: Answer
    """Of its file."""
    before: Before | None = None
    """What it learnt from; None: not there any more."""
    replay: int = 0
    """Pictures of it to learn again."""
    embedder: Embedder | None = None
    """Tells which of them differ most; None: by chance."""

    @classmethod
    def of(
        cls, reference: str, registry: Registry, *, runs: Path, data: Path, replay: int = 0,
        embedder: Embedder | None = None,
    ) -> "After":  # fmt: skip
        """A model of the registry; `runs` and `data`: folders of training runs and of data sets.

        Its weights are those of the run that made it, or else those of its file, where that is a
        Sentry's or a YOLOX-nano's of ours. Raises `ModelError` when neither is so, and `DataError`
        when pictures are to be replayed that are not here any more.
        """
        card, session = registry.open_verified(reference)
        try:
            before = Before.of(card, data)
        except DataError:
            if replay:
                raise
            before = None
        return cls(
            card=card,
            weights=_weights(card, registry, runs),
            answer=session.run,
            before=before,
            replay=replay,
            embedder=embedder,
        )

    def replayed(
        self, card: ModelCard, split: str, *, without: Sequence[Still], seed: int
    ) -> list[Still]:
        """Pictures of a split to learn (or choose by) again. Raises `DataError`."""
        if not self.replay:
            return []
        if self.before is None:
            raise DataError(f"{self.card.id}: what it learnt from is not here; nothing to replay")
        return self.before.replayed(
            self.replay, card.labels, without=without, embedder=self.embedder, seed=seed,
            split=split,
        )  # fmt: skip

    def kept(self, card: ModelCard, folder: Path) -> Kept | None:
        """What a new file still knows; None where there is nothing to judge by."""
        unseen = [] if self.before is None else self.before.unseen(self.card.labels)
        if not any(len(still.boxes) for still in unseen):
            return None
        return Kept(
            before=judge(unseen, self.answer, self.card).average_precision_50,
            after=judge(unseen, open_session(card, folder).run, card).average_precision_50,
            pictures=len(unseen),
        )


def keep_weights(model: nn.Module, folder: Path) -> None:
    """Write those of `model.network`, for a run that goes on from there."""
    kept = {
        name.removeprefix(OF_NETWORK): value.contiguous()
        for name, value in model.state_dict().items()
        if name.startswith(OF_NETWORK)
    }
    save_file(kept, folder / WEIGHTS)


def weights_of(card: ModelCard, runs: Path) -> Mapping[str, Tensor]:
    """Those that a registered file was made of, among the folders of runs.

    Raises `ModelError` when no run here made it: a file for the watch keeps no weights that learn.
    """
    wanted = card.sha256.get(card.file, "").lower()
    for kept in sorted(runs.glob(f"*/{WEIGHTS}")):
        made = kept.with_name(card.file)
        if made.is_file() and sha256_of(made) == wanted:
            try:
                return dict(load_file(kept))
            except (OSError, SafetensorError) as error:
                raise ModelError(f"{kept}: damaged ({error})") from error
    raise ModelError(f"{card.id}: no run in {runs} made it, so its weights are not here")


def _weights(card: ModelCard, registry: Registry, runs: Path) -> Mapping[str, Tensor]:
    try:
        return weights_of(card, runs)
    except ModelError as error:
        if card.head != "points":
            raise
        try:
            return unfolded(*registry.resolve(card.id))
        except ModelError as other:
            raise ModelError(f"{error}; and {other}") from other


def grown(known: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """The words of a model that learns more: what it knew, in its order, then what is new."""
    return (*known, *(word for word in wanted if word not in known))


def _vectors(stills: Sequence[Still], embedder: Embedder) -> Float32[np.ndarray, "n d"]:
    # One at a time: thousands of camera pictures do not fit in memory.
    found = [embedder.embed([still.image()])[0] for still in stills]
    return np.asarray(np.stack(found), np.float32)
