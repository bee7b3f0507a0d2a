"""Whether a camera still looks where it usually does: now against pictures that were kept of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vigil.core import DataError, Image, Luma, View
from vigil.core.durable import write_durably
from vigil.stages.rules.camera_blurred import KNOWN, CameraBlurred
from vigil.stages.rules.camera_dark import CameraDark
from vigil.stages.rules.camera_moved import SHARP, CameraMoved
from vigil.stages.rules.camera_view import FLAT, is_hidden
from vigil.stages.sense.edges import WIDTH, cells
from vigil.stages.sense.usual_view import Difference, Glance, UsualView
from vigil.stages.sense.view import LIKE, MOST_VIEWS, STRUCTURE

DARK, BLURRED, MOVED = CameraDark(), CameraBlurred(), CameraMoved()
"""Their limits hold here too."""
AWAY = 0.25
"""Share of the picture by which a view may move and still be the same place."""
LARGEST_SIDE = 4096


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a camera's pictures are like, as a whole."""

    away: str = ""
    """Why it does not show what it usually does; empty: it does, as far as can be told."""
    compared: bool = False
    """Whether there was a usual view to compare with."""
    likeness: float = 0.0
    """Of the usual view that is nearest, -1 to 1."""


class UsualViews:
    """Pictures of what a camera usually shows, `1.png` to `4.png`: by day, by night …"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, picture: Image) -> Path:
        """Keep a background as one more usual view; of too many the oldest goes.

        Raises `DataError` where it shows nothing to be known by, or cannot be written.
        """
        luma = luma_of(picture)
        if UsualView(_glance(luma), 0.0).structure < STRUCTURE:
            raise DataError("the picture shows too little to be known again: dark, blank or fog")
        done, data = cv2.imencode(".png", luma)
        assert done
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._next()
            write_durably(path, data.tobytes())
        except OSError as error:
            raise DataError(f"{self.folder}: cannot be written ({error.strerror})") from error
        return path

    def lumas(self) -> list[Luma]:
        """All of them. Raises `DataError` for a file that is no such picture."""
        return [_read(path) for path in self._files()]

    def look(self, picture: Image) -> Look:
        """Compare a background with them."""
        return look_at(luma_of(picture), self.lumas())

    def _files(self) -> list[Path]:
        return [path for n in range(1, MOST_VIEWS + 1)
                if (path := self.folder / f"{n}.png").is_file()]  # fmt: skip

    def _next(self) -> Path:
        there = self._files()
        if len(there) == MOST_VIEWS:
            return min(there, key=lambda path: path.stat().st_mtime_ns)
        free = (self.folder / f"{n}.png" for n in range(1, MOST_VIEWS + 1))
        return next(path for path in free if path not in there)


def look_at(now: Luma, usual: Sequence[Luma]) -> Look:
    """What is amiss with a picture, by the signals and limits of the camera rules."""
    brightness, (_, deviation) = float(now.mean()), cv2.meanStdDev(now)
    contrast = float(deviation[0, 0])
    if brightness < DARK.darker_than and contrast < DARK.even:
        return Look(away=f"the picture is dark ({brightness:.0f} of 255)")
    glance = _glance(now)
    views = [UsualView(_glance(_sized(each, now)), 0.0) for each in usual]
    if not views:
        blank = glance.flat >= FLAT
        return Look(away="the picture is blank: covered, or out of focus" if blank else "")
    nearest = max(views, key=lambda view: view.alike(glance))
    return _against(nearest, glance, contrast)


def _against(usual: UsualView, glance: Glance, contrast: float) -> Look:
    found = usual.compare(glance)
    shift = (0.0, 0.0) if found.likeness >= LIKE else usual.shift(glance)
    view = View(
        contrast=contrast, sharpness=found.sharpness, likeness=found.likeness, shift=shift,
        flat=glance.flat, lost=found.lost, strange=found.strange,
    )  # fmt: skip
    return Look(away=_away(view, found), compared=True, likeness=found.likeness)


def _away(view: View, found: Difference) -> str:
    if is_hidden(view):
        return f"something hides {found.lost:.0%} of the usual view"
    if view.likeness >= KNOWN and view.sharpness < BLURRED.sharpness:
        return f"the picture is blurred: {view.sharpness:.0%} of its usual detail is left"
    moved = max(map(abs, view.shift))
    if moved >= AWAY:
        return f"the view has moved by {moved:.0%} of the picture"
    if not moved and view.likeness < MOVED.likeness:
        unlike = f"another view: {max(view.likeness, 0):.0%} like the usual one"
        return unlike if view.sharpness >= SHARP else f"{unlike}, and blurred"
    return ""


def luma_of(picture: Image) -> Luma:
    """Brightness at the width at which views are compared."""
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    height = max(1, round(luma.shape[0] * WIDTH / luma.shape[1]))
    return np.asarray(cv2.resize(luma, (WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8)


def _glance(luma: Luma) -> Glance:
    return Glance.at(luma, np.ones_like(cells(luma.astype(np.float32))))


def _sized(luma: Luma, like: Luma) -> Luma:
    if luma.shape == like.shape:
        return luma
    size = (like.shape[1], like.shape[0])
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


def _read(path: Path) -> Luma:
    try:
        found = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error) as error:
        raise DataError(f"{path}: no picture that can be read") from error
    if found is None or max(found.shape) > LARGEST_SIDE or min(found.shape) < 16:
        raise DataError(f"{path}: no picture that can be read; keep the usual view anew")
    return np.asarray(found, np.uint8)
