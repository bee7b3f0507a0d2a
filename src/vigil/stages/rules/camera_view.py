"""What rules about the camera's view have in common."""

from abc import abstractmethod
from typing import Annotated

from pydantic import Field

from vigil.core import Rung, Signals, View, part
from vigil.stages.rules.camera_health import NOTICEABLE_S, CameraRule
from vigil.stages.rules.moment import Moment

Levels = Annotated[float, Field(ge=0, le=255)]
"""Of luma."""
MOSTLY_LOST = 0.6
STRANGE = 0.08
"""A cover has next to no detail of its own …"""
SMOOTH = 0.85
"""… or is so flat that it does not matter: a hand's shades, a blank wall …"""
SOFT = 0.5
"""… or so much out of focus, as what is right before the lens is: a bag with its folds."""
HALF_LOST = 0.45
FLAT = 0.95
"""Where nothing but flatness is left, what seems alike is a glow that shines through."""


def is_hidden(view: View) -> bool:
    """Whether something smooth hides most of the usual view."""
    smooth = view.strange < STRANGE or view.flat >= SMOOTH or view.sharpness < SOFT
    mostly = view.lost >= MOSTLY_LOST and smooth
    return mostly or (view.lost >= HALF_LOST and view.flat >= FLAT)


@part
class ViewRule(CameraRule):
    """Frame of a rule that finds fault with what the camera shows.

    A rule writes `ills`, which says of a view whether it is as bad as the rule means.
    """

    @property
    def needs(self) -> Rung:
        return Rung.KEYFRAME

    @property
    def signals(self) -> frozenset[str]:
        return frozenset({"view"})

    def _begin(self) -> None:
        super()._begin()
        self._ill_lived_s: float | None = None

    def fault_s(self, moment: Moment) -> float | None:
        scene = moment.scene
        offline = scene.health is not None and scene.health.offline_s >= NOTICEABLE_S
        if offline or scene.signals is None or scene.signals.view is None:
            return None
        ill = self.ills(scene.signals.view, scene.signals, moment)
        if ill is None:
            return None
        if not ill:
            self._ill_lived_s = None
            return 0.0
        if self._ill_lived_s is None:
            self._ill_lived_s = moment.lived_s
        return moment.lived_s - self._ill_lived_s

    @abstractmethod
    def ills(self, view: View, signals: Signals, moment: Moment) -> bool | None:
        """Whether this is the fault; None when it cannot be told now."""
