"""Vehicles and other tracked things so near that they fill the picture."""

from vigil.stages.rules.moment import Moment

FILLS = 0.4
"""Share of the picture."""
LONGEST_S = 60.0
"""What fills it for longer hides it, whatever it is."""


class LargeThings:
    """Says when a change of the picture is due to what stands in front of it."""

    def __init__(self) -> None:
        self._since_lived_s: float | None = None

    def fill(self, moment: Moment) -> bool:
        """Whether a tracked thing fills much of the picture, and has not for too long."""
        scene = moment.scene
        whole = scene.width * scene.height
        least = FILLS * whole
        # Hardly any is high enough even before it is cut to the picture.
        high = FILLS * scene.height
        large = [track.box for track in scene.tracks if track.box.y2 - track.box.y1 >= high]
        filled = any(box.clipped(scene.width, scene.height).area >= least for box in large)
        if whole <= 0 or not filled:
            self._since_lived_s = None
            return False
        if self._since_lived_s is None:
            self._since_lived_s = moment.lived_s
        return not moment.passed(self._since_lived_s, LONGEST_S)
