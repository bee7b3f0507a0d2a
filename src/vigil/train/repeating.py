"""Which pictures of an epoch come more than once: those of rare words.

Repeat-factor sampling (Gupta et al. 2019, arXiv 1908.03195): a word on a share f of the pictures is
repeated max(1, √(rare / f)) times, and a picture as often as its rarest word.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from vigil.train.stills import Still


def factors(stills: Sequence[Still], rare: float) -> Float64[np.ndarray, " n"]:
    """How often each picture is to be seen, 1 or more; `rare`: see above, a share of pictures."""
    most = max((int(still.words.max(initial=-1)) for still in stills), default=-1) + 1
    there = np.zeros((len(stills), most), bool)
    for row, still in enumerate(stills):
        there[row, still.words] = True
    shares = np.maximum(there.mean(axis=0), 1 / max(len(stills), 1))
    of_words = np.maximum(1.0, np.sqrt(rare / shares))
    return np.asarray(np.where(there, of_words, 1.0).max(axis=1, initial=1.0), np.float64)


def repeated(
    stills: Sequence[Still], rare: float, chance: np.random.Generator
) -> Int64[np.ndarray, " m"]:
    """Numbers of pictures, each as often as its factor says; what is left of it, by chance."""
    wanted = factors(stills, rare)
    whole = wanted.astype(np.int64)
    times = whole + (chance.random(len(wanted)) < wanted - whole)
    return np.repeat(np.arange(len(stills)), times)
