"""When the next glance is due: soon while something stirs, seldom while nothing does."""

from vigil.core import Scene

BRIGHTER = 12.0
"""Levels of mean brightness by which a change is worth a glance."""
LIVELY_S = 30.0
"""Seconds for which a stir is followed closely."""


class Calm:
    """Paces a sense that needs no more than a glance a second, and less where nothing happens."""

    def __init__(self, *, calm_s: float, astir: float) -> None:
        """`calm_s`: between glances when calm; `astir`: share of the picture that must move."""
        self._calm_s = calm_s
        self._astir = astir
        self._last_s: float | None = None
        self._lively_s: float | None = None
        self._brightness = 0.0

    def due(self, time_s: float, scene: Scene | None) -> bool:
        """Whether to look now; `scene` is what was believed of the moment before."""
        signals = scene.signals if scene is not None else None
        if signals is not None:
            brighter = abs(signals.brightness - self._brightness) > BRIGHTER
            self._brightness = signals.brightness
            if signals.motion > self._astir or brighter:
                self.stir(time_s)
        if self._last_s is None or time_s < self._last_s:
            return True  # the first, or the clock was set back
        lively = self._lively_s is None or time_s - self._lively_s < LIVELY_S
        return time_s - self._last_s >= (1.0 if lively else self._calm_s) - 0.05

    def stir(self, time_s: float) -> None:
        """Look closely from now on, for a while; the first seconds of all are lively too."""
        self._lively_s = time_s

    def glanced(self, time_s: float) -> float:
        """A glance was taken; seconds since the one before, 0 for the first."""
        step_s = 0.0 if self._last_s is None else max(0.0, time_s - self._last_s)
        self._last_s = time_s
        if self._lively_s is None:
            self._lively_s = time_s
        return step_s
