"""What a watch keeps to learn from."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from vigil.config.parts import AnySampler
from vigil.config.settings import Model
from vigil.core import Limits

STRATEGIES = ("close_to_threshold", "event", "rare_condition", "random")


class Sampling(Model):
    """Which looks of a camera are kept as pictures, and how many."""

    strategies: tuple[AnySampler, ...] = Field(STRATEGIES, validate_default=True)
    """Each has limits of its own; a picture that several want is kept once."""
    limits: Limits = Limits(minutely=2, hourly=10, daily=32)
    """Of the camera altogether."""
    width: Annotated[int, Field(ge=64, le=8192)] = 1280
    """Of a picture, pixels at most."""
    quality: Annotated[int, Field(ge=1, le=100)] = 90
    """Of its JPEG."""


def _off(value: object) -> object:
    """YAML reads the words on and off as true and false."""
    if value is False or value == "off":
        return None
    return {} if value is True or value == "on" else value


AnySampling = Annotated[Sampling | None, BeforeValidator(_off), Field({}, validate_default=True)]
"""None (`off`): nothing is kept."""
