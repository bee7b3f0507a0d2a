"""How well a picture fits a claim rather than its negatives, in nats."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from vigil.brain.clip_card import ClipCard
from vigil.core import BrainGarbled, BrainRefused, Claim
from vigil.infer.encoder_card import Language

Vector = Float32[np.ndarray, "d"]
Vectors = Float32[np.ndarray, "n d"]

CHINESE = ("\u3400", "\u9fff")


def language_of(text: str) -> Language:
    """Chinese as soon as there is one Chinese character in it."""
    low, high = CHINESE
    return "zh" if any(low <= letter <= high for letter in text) else "en"


def unit(vector: Vector) -> Vector:
    """The vector at length 1; raises `BrainGarbled` for one without direction."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0:
        raise BrainGarbled("an encoder answers with what is no vector: zero, infinite or no number")
    return np.asarray(vector / length, np.float32)


def margin(picture: Vector, positive: Vector, negatives: Vectors, card: ClipCard) -> float:
    """Log odds of the claim against its negatives; all vectors of length 1.

    Trained with softmax, logits are compared; trained with sigmoid, the logarithms of the
    probabilities, so that texts that are all certainly true do not differ.
    """
    logits = card.logit_scale * (np.vstack([positive, negatives]) @ picture) + card.logit_bias
    if card.score == "sigmoid":
        logits = -np.logaddexp(0, -logits)
    others = logits[1:].max() if card.against == "best" else logits[1:].mean()
    return float(logits[0] - others)


def wordings(texts: Sequence[str], card: ClipCard) -> list[str]:
    """Every text in every template of its language, without its full stop.

    Empty when the model knows none of their languages.
    """
    found = []
    for text in texts:
        language = language_of(text)
        if language in card.languages:
            bare = text.strip().rstrip(".。")
            templates = card.templates.get(language, ("{}",))
            found += [template.replace("{}", bare) for template in templates]
    return list(dict.fromkeys(found))


def negatives_of(claim: Claim, card: ClipCard) -> list[str]:
    """Its own in the languages of the model, and what the card holds against every claim."""
    own = [text for text in claim.negatives if language_of(text) in card.languages]
    usual = [text for one in card.languages for text in card.negatives.get(one, ())]
    found = list(dict.fromkeys([*own, *usual]))
    if not found:
        raise BrainRefused(f"{card.name}: nothing to compare the claim with; add negatives")
    return found
