"""An algorithm from examples: embed, judge on what was not seen, then fit."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float32

from vigil.core import Image
from vigil.flywheel.head_kinds import HeadChoice
from vigil.flywheel.heads import Texts
from vigil.flywheel.pictures import Example
from vigil.flywheel.verdict import Verdict, fit_judged
from vigil.flywheel.views import duplicate_groups, views_of
from vigil.infer.embedders import NamedEmbedder
from vigil.infer.head import Head

VIEWS = 2
"""The picture and its mirror image. More views (pieces, light, blur, compression) changed the
accuracy of draws of 16 and 50 examples by less than its spread, and cost their time."""

Told = Callable[[int, int], object]
"""Called with pictures done and pictures in all."""


def make_head(
    examples: Sequence[Example],
    words: Sequence[str],
    embedder: NamedEmbedder,
    *,
    views: int = VIEWS,
    wanted: float | None = None,
    seed: int = 0,
    told: Told = lambda done, total: None,
    texts: Texts | None = None,
    kind: HeadChoice = "line",
) -> tuple[Head | None, Verdict]:
    """A head and what may be said of it; no head when the verdict refuses.

    `wanted`: precision of the first of two words. `texts`: of the words; the line begins there, and
    examples move it. `kind`: of head, as `fit_judged`. The same examples and seed give the same
    head.
    """
    images = [example.image for example in examples]
    marks = np.array([words.index(example.word) for example in examples], np.int64)
    vectors = embedded_views(images, embedder, views=views, seed=seed, told=told)
    groups = duplicate_groups(images, vectors[0])
    return fit_judged(
        vectors, marks, groups, words, embedder=embedder.mark, wanted=wanted, seed=seed,
        texts=texts, kind=kind,
    )  # fmt: skip


def embedded_views(
    images: Sequence[Image],
    embedder: NamedEmbedder,
    *,
    views: int = VIEWS,
    seed: int = 0,
    told: Told = lambda done, total: None,
) -> Float32[np.ndarray, "v n d"]:
    """The vectors of each picture in so many views, the picture itself first."""
    rows = []
    for number, image in enumerate(images):
        chance = np.random.default_rng([seed, number])
        rows.append(embedder.embed(views_of(image, views, chance)))
        told(number + 1, len(images))
    return np.stack(rows, axis=1)
