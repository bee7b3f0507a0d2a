"""What tells words apart on the vectors of an embedder, and how far to trust it. Needs only numpy.

A line through a vector's own numbers, or through how near it is to examples that are kept: then
it is a support vector machine with a Gaussian kernel, or the nearest neighbours.

Legend of shapes: n pictures, d numbers of an embedder, k words, r rows of a head (one for two
words, else one a word), m examples that are kept, w numbers that a line takes: d, or m. The heads
of detectors are in `heads`.
"""

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int64

from vigil.core import DataError
from vigil.core.durable import write_durably

Vectors = Float32[np.ndarray, "n d"]
Marks = Int64[np.ndarray, " n"]
"""The number of each picture's word."""
FORMAT, WITH_EXAMPLES = 1, 2
"""Of files. What knows the first alone refuses a head with examples, as it must."""
MOST_BYTES = 64 << 20
"""No head is larger; a zip file's own word about its size is not believed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """Turns vectors of one embedder into probabilities of words. Two words need one row only."""

    words: tuple[str, ...]
    """Of two, the first is what is looked for."""
    embedder: str
    """Which vectors it takes; others mean nothing to it."""
    weights: Float32[np.ndarray, "r w"]
    bias: Float32[np.ndarray, " r"]
    slope: Float32[np.ndarray, " r"]
    """Log odds that one unit of margin adds (Platt 1999)."""
    offset: Float32[np.ndarray, " r"]
    """Log odds at margin 0."""
    shown: Float32[np.ndarray, "m d"] | None = None
    """Vectors of unit length of examples that are compared with; None: it is a plain line."""
    nearest: int = 0
    """So many of the nearest examples have a say, together 1; 0: each has one."""
    sharpness: float = 0.0
    """How an example's say fades: exp(sharpness · (cosine - 1)), a Gaussian of the distance."""
    threshold: float = 0.5
    """Of two words: from which probability of the first on it is told."""

    def __post_init__(self) -> None:
        rows = 1 if len(self.words) == 2 else len(self.words)
        shapes = {getattr(self, name).shape for name in ("bias", "slope", "offset")}
        if len(self.words) < 2 or self.weights.ndim != 2 or len(self.weights) != rows:
            raise ValueError(f"{len(self.words)} words need {rows} rows: {self.weights.shape}")
        if shapes != {(rows,)}:
            raise ValueError(f"bias, slope and offset must have {rows} numbers: {shapes}")
        if self.shown is not None and self.weights.shape[1] != len(self.shown):
            raise ValueError(f"{len(self.shown)} examples need as many weights a row")
        if self.nearest < 0 or not np.isfinite(self.sharpness) or self.sharpness < 0:
            raise ValueError("nearest, sharpness: allowed: 0 or more")
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold: {self.threshold}; allowed: between 0 and 1")

    @property
    def version(self) -> str:
        """Hash of all that decides, 16 hexadecimal digits."""
        settings: list[object] = [self.words, self.embedder, self.threshold]
        arrays = [self.weights, self.bias, self.slope, self.offset]
        if self.shown is not None:
            settings += [self.nearest, self.sharpness]
            arrays.append(self.shown)
        said = json.dumps(settings).encode()
        content = [np.ascontiguousarray(a, "<f4").tobytes() for a in arrays]
        return hashlib.sha256(b"\0".join([said, *content])).hexdigest()[:16]

    def margins(self, vectors: Vectors) -> Float64[np.ndarray, "n r"]:
        """Signed distances from the line, in units of the fit. Raises ValueError."""
        width = (self.weights if self.shown is None else self.shown).shape[1]
        if vectors.ndim != 2 or vectors.shape[1] != width:
            raise ValueError(f"vectors (n, {width}) wanted: {vectors.shape}")
        seen = np.asarray(vectors, np.float64)
        if self.shown is not None:
            seen = likenesses(seen, self.shown, nearest=self.nearest, sharpness=self.sharpness)
        return np.asarray(seen @ self.weights.T.astype(np.float64) + self.bias)

    def probabilities(self, vectors: Vectors) -> Float64[np.ndarray, "n k"]:
        """Of each word; a row sums to 1."""
        return likelihoods(self.margins(vectors), self.slope, self.offset)

    def decide(self, vectors: Vectors) -> Marks:
        """The number of the word of each picture."""
        shares = self.probabilities(vectors)
        if len(self.words) == 2:
            return np.asarray(shares[:, 0] < self.threshold, np.int64)
        return np.asarray(np.argmax(shares, axis=1), np.int64)

    def save(self, path: Path) -> None:
        """One NPZ file: the arrays, and `about.json` that a person can read. Raises OSError."""
        about: dict[str, object] = {
            "format": FORMAT if self.shown is None else WITH_EXAMPLES,
            "words": self.words,
            "embedder": self.embedder,
            "threshold": self.threshold,
            "version": self.version,
        }
        if self.shown is not None:
            about |= {"nearest": self.nearest, "sharpness": self.sharpness}
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("about.json", json.dumps(about, indent=1, ensure_ascii=False))
            for name in ARRAYS if self.shown is None else (*ARRAYS, "shown"):
                content = io.BytesIO()
                np.save(content, getattr(self, name).astype("<f4"), allow_pickle=False)
                archive.writestr(f"{name}.npy", content.getvalue())
        write_durably(path, memory.getvalue())


ARRAYS = ("weights", "bias", "slope", "offset")


DAMAGE = (
    *(OSError, EOFError, LookupError, TypeError, ValueError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading a file may raise in which any bit may have changed."""


def load_head(path: Path) -> Head:
    """Read what `Head.save` wrote; raises `DataError` when it is not that, unchanged."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(_entry(archive, "about.json"))
            if about["format"] not in {FORMAT, WITH_EXAMPLES}:
                raise DataError(
                    f"{path.name}: format {about['format']}; allowed: {FORMAT}, {WITH_EXAMPLES}"
                )
            kept = about["format"] == WITH_EXAMPLES
            arrays = {
                name: np.load(io.BytesIO(_entry(archive, f"{name}.npy")), allow_pickle=False)
                for name in ((*ARRAYS, "shown") if kept else ARRAYS)
            }
        head = Head(
            words=tuple(map(str, about["words"])),
            embedder=str(about["embedder"]),
            threshold=float(about["threshold"]),
            nearest=int(about["nearest"]) if kept else 0,
            sharpness=float(about["sharpness"]) if kept else 0.0,
            **arrays,
        )
    except DAMAGE as error:
        raise DataError(f"{path.name}: no head that can be read ({error})") from error
    if head.version != about.get("version"):
        raise DataError(f"{path.name}: its content is not what its version says")
    return head


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as entry:
        content = entry.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DataError(f"{name}: larger than {MOST_BYTES >> 20} MB")
    return content


def likenesses(
    vectors: Float64[np.ndarray, "n d"],
    shown: Float32[np.ndarray, "m d"],
    *,
    nearest: int,
    sharpness: float,
) -> Float64[np.ndarray, "n m"]:
    """How much each example has to say of each picture; see `Head.nearest` and `sharpness`."""
    says = np.exp(sharpness * (vectors @ shown.T.astype(np.float64) - 1))
    if not nearest or nearest >= len(shown):
        return np.asarray(says if not nearest else says / says.sum(axis=1, keepdims=True))
    far = np.argpartition(says, -nearest, axis=1)[:, :-nearest]
    np.put_along_axis(says, far, 0.0, axis=1)
    return np.asarray(says / says.sum(axis=1, keepdims=True))


def likelihoods(
    margins: Float64[np.ndarray, "n r"],
    slope: Float32[np.ndarray, " r"],
    offset: Float32[np.ndarray, " r"],
) -> Float64[np.ndarray, "n k"]:
    """Probabilities of words from margins.

    A row was calibrated with its word as frequent as all others together. Where each word is as
    frequent as each other one, they are as likely as their odds compare.
    """
    odds = margins * slope + offset
    if margins.shape[1] == 1:
        yes = sigmoid(odds)
        return np.concatenate([yes, 1 - yes], axis=1)
    shares = np.exp(odds - odds.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def sigmoid(odds: np.ndarray) -> np.ndarray:
    """The probability of log odds, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)))
