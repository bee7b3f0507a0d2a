"""A head from words alone, where the embedder was trained with texts (Radford et al. 2021)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.brain.clip_card import FILE, load_clip_card
from vigil.brain.encoders import Encoders
from vigil.brain.matching import negatives_of
from vigil.core import BrainError, Claim, ConfigError, ModelError
from vigil.infer.embedders import mark_of
from vigil.infer.encoder_card import card_of_encoder
from vigil.infer.head import Head
from vigil.infer.published import TEXT_LAYOUT, is_published, published_card
from vigil.infer.registry import Registry

UNMEASURED = (
    "made of words alone, so that nothing is measured: how often it is right can only be said of "
    "pictures; until then it never rules by itself"
)
"""What may be said of such a head."""


def knows_text(word: str) -> bool:
    """Whether `word` is a folder whose texts compare with pictures. Raises `ConfigError`."""
    folder = Path(word)
    if (folder / FILE).is_file():
        card = card_of_encoder(folder / FILE)
    else:
        card = published_card(folder) if folder.is_dir() and is_published(folder) else None
    return card is not None and card.text is not None


def head_of_words(
    word: str,
    registry: Registry,
    *,
    words: tuple[str, str],
    claims: Sequence[str],
    negatives: Sequence[str] = (),
) -> Head:
    """A head that tells what `claims` say from what `negatives` and the card's own say.

    `word`: the folder of the embedder. Claims and negatives that the model does not read are left
    out. The odds are those that `vigil.brain.clip` gives on a camera it does not know. Raises
    `ModelError` or `ConfigError`.
    """
    if not knows_text(word):
        raise ModelError(
            f"{word}: knows no text, so that it needs pictures; allowed for words alone: a folder "
            f"with {TEXT_LAYOUT}"
        )
    card = load_clip_card(Path(word))
    texts = texts_of(Encoders(Path(word)), claims, negatives)
    line = card.logit_scale * (texts[0] - texts[1])
    return Head(
        words=words,
        embedder=mark_of(word, registry),
        weights=line[None].astype(np.float32),
        bias=np.zeros(1, np.float32),
        slope=np.array([1 / card.temperature], np.float32),
        offset=np.array([-card.threshold / card.temperature], np.float32),
    )


def texts_of(
    encoders: Encoders, claims: Sequence[str], negatives: Sequence[str]
) -> Float32[np.ndarray, "2 d"]:
    """The vector of the claims, of length 1, and the mean of those of its negatives.

    A line on pictures has one direction: it compares with the mean of what a picture may show
    instead, where a judge compares with the best. Raises `ConfigError`.
    """
    claim = Claim(texts=tuple(claims), negatives=tuple(negatives))
    try:
        yes = encoders.claim(tuple(claim.texts))
        others = [encoders.claim((text,)) for text in negatives_of(claim, encoders.card)]
    except BrainError as error:
        raise ConfigError(str(error)) from error
    return np.stack([yes, np.mean(others, axis=0)]).astype(np.float32)
