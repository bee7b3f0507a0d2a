"""From the outputs of a model that reads text to the text.

`ctc`: Graves et al., "Connectionist Temporal Classification" (ICML 2006), best path: the likeliest
class of each step, repeats joined, blanks left out. `slots`: one class for each place of the text,
the padding class left out.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from vigil.core import ModelCard, ModelError
from vigil.infer.session import Output


class Text(NamedTuple):
    """What was read."""

    text: str
    score: float
    """Geometric mean of the characters' probabilities."""


def spelled(output: Output, card: ModelCard) -> Text:
    """Read one output: (1, steps, classes), (steps, 1, classes) or (steps, classes), any scale.

    The card's labels are the alphabet. CTC has one class more, `options.blank` (default: 0), before
    which and after which the alphabet goes on. Slots have none; `options.padding` (default: the
    last) fills what a short text leaves. Raises `ModelError` when the shape fits no alphabet.
    """
    is_ctc = card.head == "ctc"
    classes = len(card.labels) + is_ctc
    if output.shape[-1] != classes or output.size % classes:
        raise ModelError(
            f"{card.id}: {list(output.shape)} outputs; {classes} classes a step needed"
        )
    shares = _shares(output.reshape(-1, classes))
    best = shares.argmax(axis=1)
    sure = shares.max(axis=1)
    empty = int(card.options.get("blank", 0) if is_ctc else card.options.get("padding", -1))
    empty %= classes
    kept = best != empty
    if is_ctc:
        kept[1:] &= best[1:] != best[:-1]
    if not kept.any():
        return Text("", 0.0)
    alphabet = list(card.labels)
    if is_ctc:
        alphabet.insert(empty, "")
    text = "".join(alphabet[index] for index in best[kept])
    return Text(text, float(np.exp(np.log(np.maximum(sure[kept], 1e-6)).mean())))


def _shares(rows: Output) -> Float32[np.ndarray, "steps classes"]:
    """Probabilities, also where the graph ends with what goes into a softmax."""
    values = rows.astype(np.float32)
    sums = values.sum(axis=1)
    in_bytes = np.issubdtype(rows.dtype, np.integer)
    if values.min() >= 0 and sums.min() > 0 and (in_bytes or np.allclose(sums, 1.0, atol=0.02)):
        return np.asarray(values / sums[:, None], np.float32)
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
