"""In one word what a picture was like, from what is measured of it anyway."""

from vigil.core import Signals

USUAL = "usual"
DARK_LUMA = 45.0
"""Mean luma, 0 to 255, below which it is night, or as good as night."""
BLURRED = 0.5
"""Detail left of what this view had when it was last well."""
HAZY_CONTRAST = 16.0
"""Standard deviation of luma below which a picture by day is fog, or a fogged lens."""
RESTLESS_MOTION = 0.3
"""Share of the picture that differs from its background: snow, noise, light that changes."""


def condition_of(signals: Signals) -> str:
    """`rain`, `dark`, `blurred`, `hazy`, `restless` or `usual`: the first that applies.

    Rain by night is `rain`: of the two it is the rarer, and more differs with it.

    Blur and haze are seen only where a rule has the view measured, such as `camera_blurred`.
    """
    if signals.rain:
        return "rain"
    if signals.brightness < DARK_LUMA:
        return "dark"
    if signals.view is not None and signals.view.sharpness < BLURRED:
        return "blurred"
    if signals.view is not None and signals.view.contrast < HAZY_CONTRAST:
        return "hazy"
    return "restless" if signals.motion >= RESTLESS_MOTION else USUAL
