"""What speaks for a word in one clip: where, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from vigil.core import Box
from vigil.media.sampling import Times
from vigil.models.i3d import I3D
from vigil.models.i3d_r50 import I3DR50
from vigil.models.video_transformer import VideoTransformer
from vigil.train.explaining.grad_cam import grad_cam
from vigil.train.explaining.moments import missed, pull
from vigil.train.explaining.rollout import rollout

Method = Literal["grad_cam", "rollout"]
CHANNELS_FIRST = (I3D, I3DR50)
"""These take clips (b, c, t, h, w); all others (b, t, c, h, w)."""
STRETCHES = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Why a network says a word of a clip."""

    word: str
    probability: float
    method: Method
    """`rollout` shows what the network looked at, whatever it says; `grad_cam` what speaks for the
    word."""
    times_s: Times
    """Of the frames that it saw, seconds of the film."""
    seen: Box
    """What it saw of each picture, source pixels."""
    heat: Float32[np.ndarray, "t h w"]
    """Where: 0 to 1, the strongest place; fewer moments than frames, and coarse."""
    pull: Float32[np.ndarray, "frames"]
    """When: gradient × input of each frame over the largest of them, -1 to 1."""
    missed: Float32[np.ndarray, "stretches"]
    """When: by how much the probability falls without each of these equal stretches of frames."""

    def heat_at(self, time_s: float) -> Float32[np.ndarray, "h w"]:
        """Between the moments that it is known for."""
        moments = self.moments_s
        at = float(np.interp(time_s, moments, np.arange(len(moments))))
        before = int(at)
        after, share = min(before + 1, len(moments) - 1), at - before
        blended = (1 - share) * self.heat[before] + share * self.heat[after]
        return np.asarray(blended, np.float32)

    def covers(self, time_s: float) -> bool:
        """Whether the network was shown this part of the film."""
        half_s = float(np.ptp(self.times_s)) / max(len(self.times_s) - 1, 1) / 2
        return bool(self.times_s[0] - half_s <= time_s <= self.times_s[-1] + half_s)

    @property
    def moments_s(self) -> Times:
        """The middle of the frames of each moment of `heat`."""
        return np.array([part.mean() for part in np.array_split(self.times_s, len(self.heat))])

    def as_json(self) -> dict[str, Any]:
        """Figures without the maps; `strongest` is the centre of the hottest place, source pixels.

        One entry a moment of the map, a frame, and a stretch.
        """
        frames = np.array_split(self.times_s, len(self.missed))
        return {
            "word": self.word,
            "probability": round(self.probability, 4),
            "method": self.method,
            "seen": [round(float(side), 1) for side in self.seen],
            "moments": [
                {"time_s": round(float(time_s), 3), "heat": round(float(each.mean()), 4),
                 "strongest": self._strongest(each)}
                for time_s, each in zip(self.moments_s, self.heat, strict=True)
            ],
            "frames": [
                {"time_s": round(float(time_s), 3), "gradient_x_input": round(float(each), 4)}
                for time_s, each in zip(self.times_s, self.pull, strict=True)
            ],
            "without": [
                {"from_s": round(float(part[0]), 3), "to_s": round(float(part[-1]), 3),
                 "probability_falls": round(float(fall), 4)}
                for part, fall in zip(frames, self.missed, strict=True)
            ],
        }  # fmt: skip

    def _strongest(self, heat: Float32[np.ndarray, "h w"]) -> list[float] | None:
        """None where nothing is hot."""
        if heat.max() <= 0:
            return None
        row, column = np.unravel_index(int(heat.argmax()), heat.shape)
        x = self.seen.x1 + (float(column) + 0.5) / heat.shape[1] * self.seen.width
        y = self.seen.y1 + (float(row) + 0.5) / heat.shape[0] * self.seen.height
        return [round(x, 1), round(y, 1)]


def explain(
    network: nn.Module, clip: Tensor, *, words: Sequence[str], times_s: Times, seen: Box,
    word: str | None = None, stretches: int = STRETCHES, body: nn.Module | None = None,
) -> Explanation:  # fmt: skip
    """Ask a network about one clip (1, …), prepared as it wants it.

    `word`: which to explain; None: the likeliest. `times_s`, `seen`: when its frames are, and what
    of the picture they show. `body`: the part of the network that sees them. Attention is followed
    in transformers, gradients elsewhere. Raises `ValueError` for a word that the network does not
    know, and for one without a map of places.
    """
    if word is not None and word not in words:
        raise ValueError(f"no word {word!r}; allowed: {', '.join(words)}")
    network.eval()
    axis = 2 if isinstance(network, CHANNELS_FIRST) else 1
    with torch.no_grad():
        shares = network(clip).softmax(1)[0]
    number = int(shares.argmax()) if word is None else list(words).index(word)
    parts = (body or network).modules()
    attends = next((each for each in parts if isinstance(each, VideoTransformer)), None)
    where = (
        grad_cam(network, clip, number, frames=clip.shape[axis], body=body)
        if attends is None
        else rollout(attends, lambda: network(clip))
    )
    pulls = pull(network, clip, number, axis=axis)
    stretches = min(stretches, clip.shape[axis])
    return Explanation(
        word=words[number],
        probability=float(shares[number]),
        method="grad_cam" if attends is None else "rollout",
        times_s=np.asarray(times_s, np.float64),
        seen=seen,
        heat=_to_one(where).numpy(),
        pull=_to_one(pulls).numpy(),
        missed=missed(network, clip, number, axis=axis, stretches=stretches).numpy(),
    )


def spread(heat: Float32[np.ndarray, "h w"], width: int, height: int) -> Float32[np.ndarray, "..."]:
    """A coarse map at the size of a picture, 0 to 1."""
    wide = cv2.resize(heat, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.asarray(wide, np.float32), 0, 1)


def _to_one(values: Tensor) -> Tensor:
    return values.float() / values.abs().max().clamp_min(torch.finfo(torch.float32).tiny)
