"""Named areas of a camera's picture, and the rules that speak of them."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import InitErrorDetails

from vigil.config.parts import OneOf, Settings
from vigil.config.problems import one_of, problem
from vigil.config.settings import Model, Words
from vigil.core import Rule

Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Polygon = tuple[tuple[Fraction, Fraction], ...]


def _as_pairs(value: object) -> object:
    if not isinstance(value, str):
        return value
    numbers = [number.strip() for number in value.split(",")]
    if len(numbers) % 2:
        raise ValueError('allowed: pairs, as "x,y,x,y,x,y" or [[x, y], ...]')
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _with_corners(polygon: Polygon) -> Polygon:
    if len(set(polygon)) < 3:
        raise ValueError("allowed: at least 3 different corners")
    return polygon


Corners = Annotated[Polygon, BeforeValidator(_as_pairs), AfterValidator(_with_corners)]
"""Corners in fractions of the picture, x right and y down: `"x,y,x,y,…"` or `[[x, y], …]`."""


class Zone(Model):
    """An area; the rest holds for the rules of this zone that do not say themselves."""

    coordinates: Corners
    inertia: Annotated[int, Field(ge=1)] | None = None
    """In how many looks a thing must be found inside before it counts."""
    loitering_time: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Seconds that a thing must stay."""
    objects: Words = ()
    """Labels; empty: any."""


class OneRule(OneOf):
    """A rule may name a zone of its camera instead of drawing one."""

    def complete(
        self, settings: Settings, kind: str, names: Sequence[str], info: ValidationInfo
    ) -> list[InitErrorDetails]:
        if "name" in names:
            settings.setdefault("name", kind)
        return [
            line
            for word in ("zone", "after")
            if word in names
            for line in _drawn(settings, word, kind, names, info)
        ]


def _drawn(
    settings: Settings, word: str, kind: str, names: Sequence[str], info: ValidationInfo
) -> list[InitErrorDetails]:
    """Put the corners of a zone in the place of its name."""
    named = settings.get(word)
    if not isinstance(named, str) or "," in named:
        return []
    settings[word] = ANYWHERE
    zones: dict[str, Zone] | None = info.data.get("zones")
    if zones is None:
        return []  # the zones themselves are wrong, and that is said already
    if named not in zones:
        no_zone = f"camera {info.data.get('name')} has no such zone"
        return [problem((word,), named, f"{no_zone}{one_of(named, sorted(zones))}")]
    settings[word] = zones[named].coordinates
    if word == "zone":
        settings |= _unsaid(zones[named], settings, kind, names)
    return []


STAY = {"loitering": "longer_than_s"}
"""What a rule calls the seconds that a thing must stay, where it has its own word for them."""
ANYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def _unsaid(zone: Zone, settings: Settings, kind: str, names: Sequence[str]) -> dict[str, Any]:
    says = {
        "inertia": zone.inertia,
        STAY.get(kind, "loitering_time"): zone.loitering_time,
        "labels": zone.objects or None,
    }
    return {
        name: value
        for name, value in says.items()
        if value is not None and name in names and name not in settings
    }


AnyRule = Annotated[Rule, OneRule("vigil.rules")]
