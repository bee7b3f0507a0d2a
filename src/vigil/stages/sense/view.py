"""How the picture as a whole compares with what this camera usually shows."""

from dataclasses import replace

import cv2
import numpy as np

from vigil.core import Frame, Luma, Scene, Signals, View, part
from vigil.stages.background import share
from vigil.stages.blobs import Polygon, polygons_mask
from vigil.stages.sense.calm import Calm
from vigil.stages.sense.edges import WIDTH, Grid, cells
from vigil.stages.sense.usual_view import Difference, Glance, UsualView

LIKE = 0.5
"""So alike to a usual view, a picture is one of it."""
ONE_VIEW = 0.3
"""Two pictures so alike show the same view, rain and people notwithstanding; others are near 0."""
SHARP = 0.6
"""A less sharp picture teaches nothing."""
ASTIR = 0.2
"""Share of the picture that must move for another glance soon."""
FORGET_S = 30.0
"""A view that was begun and not seen for so long is begun anew."""
MOST_VIEWS = 4
"""By day, by night, with lamps …"""
STRUCTURE = 0.04
"""Share of cells with edges that a view must have to be known again."""
NOTHING_AMISS = Difference(likeness=1.0, lost=0.0, sharpness=1.0, strange=0.0)


@part
class ViewSense:
    """Fills `Signals.view`, from a glance each second when something stirs, else each `calm_s`.

    A few usual views are kept: by day, by night. Each is an average of edges weighed so that
    light hardly matters. A view that differs from all of them and has stayed the same for
    `settle_s` becomes usual too, in place of the one not seen for longest; one that is less sharp,
    or lacks what the others show, only after `accept_s`; one without edges never. Until the first
    view is learnt nothing is amiss.
    """

    masks: tuple[Polygon, ...] = ()
    """Polygons, in fractions of the picture, in which nothing counts."""
    calm_s: float = 25.0
    """Seconds between glances while nothing stirs: a glance costs half a millisecond and more."""
    first_s: float = 8.0
    """Seconds of the same picture that make the first view."""
    settle_s: float = 60.0
    accept_s: float = 3600.0
    follow_s: float = 300.0
    """Seconds in which a view follows slow change."""

    def __post_init__(self) -> None:
        self._usual: list[UsualView] = []
        self._new: UsualView | None = None
        self._view: View | None = None
        self._allowed: Grid = np.zeros((0, 0), np.float32)
        self._shape = (0, 0)
        self._calm = Calm(calm_s=self.calm_s, astir=ASTIR)

    @property
    def every_picture(self) -> bool:
        return False

    def tell(self, signals: Signals) -> Signals:
        return replace(signals, view=self._view)

    def see(self, frame: Frame, scene: Scene | None) -> None:
        if not self._calm.due(frame.time_s, scene):
            return
        luma = frame.luma(WIDTH)
        if luma.shape != self._shape:
            self._restart(luma)
        step_s = min(self._calm.glanced(frame.time_s), FORGET_S)
        glance = Glance.at(luma, self._allowed)
        usual = self._nearest(glance)
        difference = usual.compare(glance) if usual else NOTHING_AMISS
        well = usual is not None and difference.likeness >= LIKE
        if usual is not None and well:
            self._new = None
            if difference.sharpness >= SHARP:
                usual.learn(glance, frame.time_s, share(step_s, self.follow_s))
        else:
            self._calm.stir(frame.time_s)
            self._learn_new(glance, difference, frame.time_s)
        shift = (0.0, 0.0) if usual is None or well else usual.shift(glance)
        self._view = self._told(luma, glance, difference, shift, frame.time_s)

    def _restart(self, luma: Luma) -> None:
        self._shape = luma.shape
        self._usual, self._new = [], None
        allowed = polygons_mask(self.masks, luma.shape[1], luma.shape[0])
        self._allowed = (cells(allowed.astype(np.float32)) > 127).astype(np.float32)

    def _nearest(self, glance: Glance) -> UsualView | None:
        if len(self._usual) < 2:
            return self._usual[0] if self._usual else None
        # The one that was last seen is nearly always right.
        first = max(self._usual, key=lambda view: view.seen_s)
        if first.alike(glance) >= LIKE:
            return first
        return max(self._usual, key=lambda view: view.alike(glance))

    def _learn_new(self, glance: Glance, difference: Difference, time_s: float) -> None:
        new = self._new
        if new is None or time_s - new.seen_s > FORGET_S or new.alike(glance) < ONE_VIEW:
            self._new = UsualView(glance, time_s)
            return
        new.learn(glance, time_s, 0.02)
        if new.structure < STRUCTURE or new.looks < 5:
            return
        wait_s = self.settle_s if self._usual else self.first_s
        if self._usual and (difference.lost > LIKE or self._is_blurred(new)):
            wait_s = self.accept_s
        if time_s - new.since_s >= wait_s:
            self._adopt(new)

    def _is_blurred(self, new: UsualView) -> bool:
        return new.fineness < SHARP * min(view.fineness for view in self._usual)

    def _adopt(self, new: UsualView) -> None:
        if len(self._usual) >= MOST_VIEWS:
            self._usual.remove(min(self._usual, key=lambda view: view.seen_s))
        self._usual.append(new)
        self._new = None

    def _told(
        self,
        luma: Luma,
        glance: Glance,
        difference: Difference,
        shift: tuple[float, float],
        time_s: float,
    ) -> View:
        _, deviation = cv2.meanStdDev(luma)
        new = self._new
        return View(
            contrast=float(deviation[0, 0]),
            sharpness=difference.sharpness,
            likeness=difference.likeness,
            shift=shift,
            flat=glance.flat,
            lost=difference.lost,
            strange=difference.strange,
            new_s=time_s - new.since_s if new is not None and self._usual else 0.0,
        )
