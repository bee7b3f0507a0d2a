"""A trace in a few numbers that people can argue about."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

from vigil.stages.verify.trace import Sight, Trace

Features = dict[str, float]
"""By name. What could not be measured is left out."""

SMOOTH = 3
"""Sights at either end whose middle says where the thing began and ended its way."""
NOTHING = 1e-4
PLAIN_SIDE = (9.0, 28.0)
"""Small pixels, of the longer side: below the first it is hard to see, above the second easy."""
PLAIN_CONTRAST = (20.0, 50.0)
"""Levels; the same."""
HUGE = 0.4
"""Of the picture's height. Below, a size says nothing: cameras look near and far."""


def of_what_moves(trace: Trace) -> Features:
    """Whether it is a solid thing that goes its own way."""
    return _of_the_picture(trace) | _of_the_way(trace) | _of_the_look(trace)


def of_what_rests(trace: Trace) -> Features:
    """Whether a solid thing lies where none was before, from the last half of its sights."""
    late = trace.sights[len(trace.sights) // 2 :]
    features = _of_the_picture(trace) | _of_the_look(trace)
    if late:
        features["shifting"] = _shift(late)
    return features


def _visible(trace: Trace) -> float:
    """How plainly there is something to be found, 0 to 1: by its size and its contrast."""
    if not trace.sights:
        return 0.0
    side = _over(trace.sights, lambda sight: max(sight.box.width, sight.box.height))
    contrast = _over(trace.sights, lambda sight: sight.contrast)
    return _ramp(side, PLAIN_SIDE) * _ramp(contrast, PLAIN_CONTRAST)


def _ramp(value: float, ends: tuple[float, float]) -> float:
    return min(max((value - ends[0]) / (ends[1] - ends[0]), 0.0), 1.0)


def _of_the_picture(trace: Trace) -> Features:
    return {
        "seen": len(trace.sights) / max(1, trace.looked),
        "elsewhere": float(np.log10(_median(trace.elsewhere) + NOTHING)),
        "crowd": float(np.log1p(_median(trace.others))),
        "exposure": min(trace.exposure, 0.7),
        "visible": _visible(trace),
    } | ({} if trace.agree is None else {"agree": trace.agree})


def _of_the_way(trace: Trace) -> Features:
    if len(trace.sights) < 2:
        return {}
    feet = np.array([sight.box.foot for sight in trace.sights])
    times = np.array([sight.time_s for sight in trace.sights])
    size = _over(trace.sights, lambda sight: sight.area) ** 0.5
    net = float(np.linalg.norm(_end(feet[-SMOOTH:]) - _end(feet[:SMOOTH])))
    smooth = np.array([_end(feet[max(0, n - 1) : n + 2]) for n in range(len(feet))])
    length = float(np.linalg.norm(np.diff(smooth, axis=0), axis=1).sum())
    steps = np.linalg.norm(np.diff(feet, axis=0), axis=1) / np.maximum(np.diff(times), 0.05)
    areas = np.log([sight.area for sight in trace.sights])
    height = _over(trace.sights, lambda sight: sight.box.height)
    return {
        "travel": float(np.log1p(net / size)),
        "straight": net / max(length, 0.25 * size),
        "haste": float(np.log1p(np.median(steps) / max(height, 1.0))),
        "swelling": float(np.median(np.abs(np.diff(areas)))),
    }


def _of_the_look(trace: Trace) -> Features:
    sights = trace.sights
    if not sights:
        return {}
    height = _over(sights, lambda sight: sight.box.height) / trace.height
    return {
        "structure": float(np.log1p(_over(sights, lambda sight: sight.structure))),
        "dimmed": _over(sights, lambda sight: sight.dimmed),
        "lit": _over(sights, lambda sight: sight.lit),
        "alike": _over(sights, lambda sight: sight.alike),
        "edge": float(np.log(_over(sights, lambda sight: sight.edge) + 0.01)),
        "stirring": _over(sights, lambda sight: sight.stirring),
        "huge": max(0.0, float(np.log(height / HUGE))),
    }


def _shift(sights: tuple[Sight, ...]) -> float:
    """How far the box strays, in its own sizes."""
    sides = np.array([sight.box for sight in sights])
    size = max(_over(sights, lambda sight: sight.area) ** 0.5, 1.0)
    return float(np.log1p(np.abs(sides - np.median(sides, axis=0)).mean() / size))


def _end(points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "2"]:
    return np.asarray(np.median(points, axis=0))


def _over(sights: tuple[Sight, ...], value: Callable[[Sight], float]) -> float:
    return float(np.median([value(sight) for sight in sights]))


def _median(values: tuple[float, ...] | tuple[int, ...]) -> float:
    return float(np.median(values)) if values else 0.0
