"""A head from words alone, where the embedder was trained with texts (Radford et al. 2021)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.brain.clip_card import FILE, load_clip_card
from vigil.brain.encoders import Encoders
from vigil.brain.matching import negatives_of, unit
from vigil.core import BrainError, Claim, ConfigError, ModelError
from vigil.flywheel.verdict import Verdict
from vigil.infer.embedders import mark_of
from vigil.infer.encoder_card import card_of_encoder
from vigil.infer.head import Head
from vigil.infer.published import TEXT_LAYOUT, is_published, published_card
from vigil.infer.registry import Registry

UNMEASURED = (
    "made of words alone, so that nothing is measured: how often it is right can only be said from "
    "pictures; until then it is unsure of all that it tells, and somebody else rules"
)


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
    said: tuple[Sequence[str], Sequence[str]],
) -> tuple[Head, Verdict]:
    """A head that tells what its claims say from what its negatives and the card's own say.

    `word`: the folder of the embedder; `said`: claims and negatives. The odds are those that
    `vigil.brain.clip` gives on a camera it does not know; the verdict says that nothing is
    measured. Raises as `texts_of`.
    """
    texts = texts_of(word, *said)
    card = load_clip_card(Path(word))
    line = card.logit_scale * (texts[0] - texts[1])
    head = Head(
        words=words,
        embedder=mark_of(word, registry),
        weights=line[None].astype(np.float32),
        bias=np.zeros(1, np.float32),
        slope=np.array([1 / card.temperature], np.float32),
        offset=np.array([-card.threshold / card.temperature], np.float32),
    )
    return head, Verdict(unmeasured=UNMEASURED)


def texts_of(
    word: str, claims: Sequence[str], negatives: Sequence[str]
) -> Float32[np.ndarray, "2 d"]:
    """The directions of the claims and of what a picture may show instead, both of length 1.

    A line has one direction for each side, where a judge compares with the best negative; a mean
    that kept its own, shorter length would make everything likely. Claims and negatives that the
    model does not read are left out. Raises `ModelError` or `ConfigError`.
    """
    if not knows_text(word):
        raise ModelError(
            f"{word}: knows no text, so that it needs pictures; allowed for words alone: a folder "
            f"with {TEXT_LAYOUT}"
        )
    encoders = Encoders(Path(word))
    claim = Claim(texts=tuple(claims), negatives=tuple(negatives))
    try:
        yes = encoders.claim(tuple(claim.texts))
        others = [encoders.claim((text,)) for text in negatives_of(claim, encoders.card)]
        return np.stack([yes, unit(np.mean(others, axis=0))]).astype(np.float32)
    except BrainError as error:
        raise ConfigError(str(error)) from error
