"""What kind of view a camera has, told from several stills, or why that cannot be told.

A head learnt from pictures of each kind says which it is; the examples say whether it is any of
them at all; the camera's own usual view says whether it still looks there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from vigil.core import Image, ModelError
from vigil.flywheel.familiar import Familiar, familiar_with
from vigil.flywheel.making import VIEWS, Told, embedded_views
from vigil.flywheel.pictures import Example
from vigil.flywheel.stills import background_of
from vigil.flywheel.usual import Look
from vigil.flywheel.verdict import Verdict, fit_judged
from vigil.flywheel.views import duplicate_groups
from vigil.infer.embedders import NamedEmbedder
from vigil.infer.head import Head

SURE = 0.7
"""Probability from which on a kind is told."""
AGREED = 2 / 3
"""Share of the stills that must say the same where they are too few to have a background."""
FEWEST_STRANGE = 0.5
"""Of the stills, so many must be strange before the view is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SceneModel:
    """Kinds of view, as learnt from pictures of each."""

    head: Head
    familiar: Familiar


@dataclass(frozen=True, kw_only=True)
class SceneAnswer:
    """What kind of view it is."""

    said: Literal["told", "unsure", "turned away"]
    kind: str
    """The likeliest, whatever was said; empty when it was turned away."""
    share: float
    """Its probability, 0 to 1: the background's, or the mean over too few stills to have one."""
    votes: int
    """Stills that say so too."""
    stills: int
    reason: str
    """Why it is not told; of what is told, what it rests on."""

    def is_a(self, kind: str) -> str:
        """`yes`, `no`, `unsure` or `turned away`."""
        if self.said != "told":
            return self.said
        return "yes" if self.kind == kind else "no"


def learn_scenes(
    examples: Sequence[Example],
    kinds: Sequence[str],
    embedder: NamedEmbedder,
    *,
    seed: int = 0,
    told: Told = lambda done, total: None,
) -> tuple[SceneModel | None, Verdict]:
    """Kinds of view from pictures, and what may be said of them; no model when that refuses."""
    images = [example.image for example in examples]
    marks = np.array([kinds.index(example.word) for example in examples], np.int64)
    vectors = embedded_views(images, embedder, views=VIEWS, seed=seed, told=told)
    groups = duplicate_groups(images, vectors[0])
    head, verdict = fit_judged(vectors, marks, groups, kinds, embedder=embedder.mark, seed=seed)
    if head is None:
        return None, verdict
    return SceneModel(head=head, familiar=familiar_with(vectors[0], marks, groups)), verdict


def ask_scene(
    model: SceneModel, embedder: NamedEmbedder, stills: Sequence[Image], look: Look
) -> SceneAnswer:
    """Ask about the stills of one camera and their background.

    `look`: what the background is like beside the camera's usual views. Raises `ModelError` for
    vectors of another embedder.
    """
    if model.head.embedder != embedder.mark:
        raise ModelError(
            f"these kinds of view were learnt on {model.head.embedder}, not on {embedder.mark}; "
            "learn them anew"
        )
    if look.away:
        return SceneAnswer(
            said="turned away", kind="", share=0.0, votes=0, stills=len(stills), reason=look.away
        )
    background = background_of(stills)
    lasting = background is not stills[0]
    vectors = embedder.embed([background, *stills] if lasting else stills)
    strange = model.familiar.nearness(vectors) < model.familiar.least
    shares = model.head.probabilities(vectors)
    if lasting:
        return judged(model.head, shares[1:], strange[1:], look, (shares[0], bool(strange[0])))
    return judged(model.head, shares, strange, look)


def judged(
    head: Head,
    shares: Float64[np.ndarray, "n k"],
    strange: np.ndarray,
    look: Look,
    background: tuple[Float64[np.ndarray, " k"], bool] | None = None,
) -> SceneAnswer:
    """The answer that probabilities of the stills come to, and whether each is strange.

    `background`: the same of what lasts in all of them. It decides, since people change any still;
    but where more stills that are no strangers show another kind, it is no one view.
    """
    mean = shares.mean(axis=0)
    unknown = bool(strange.mean() > FEWEST_STRANGE)
    if background is not None:
        mean, unknown = background
    first, second = (int(number) for number in np.argsort(-mean)[:2])
    heard = np.argmax(shares if background is None else shares[~strange], axis=1)
    said = np.bincount(heard, minlength=len(head.words))
    votes = int(said[first])
    needed = AGREED * len(shares) if background is None else said.max()
    doubt = ""
    if unknown:
        doubt = "it is unlike all that was shown as examples"
    elif mean[first] < SURE:
        doubt = (
            f"it may be {head.words[first]} ({mean[first]:.2f}) "
            f"or {head.words[second]} ({mean[second]:.2f})"
        )
    elif votes < needed:
        doubt = f"only {votes} of {len(shares)} stills show {head.words[first]}"
    usual = (
        f"the view is {look.likeness:.0%} like the usual one"
        if look.compared
        else "not compared with a usual view, as none is kept"
    )
    rests = f"{votes} of {len(shares)} stills say so"
    if background is not None:
        rests = f"what lasts in {len(shares)} stills shows it, {votes} of them by themselves"
    return SceneAnswer(
        said="unsure" if doubt else "told",
        kind=head.words[first],
        share=float(mean[first]),
        votes=votes,
        stills=len(shares),
        reason=doubt or f"{rests}; {usual}",
    )
