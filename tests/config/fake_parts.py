"""Parts with the settings of real ones and nothing behind them."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from vigil.config.parts import AnyBrain, AnyVerifier
from vigil.core import Limits, SourceRefused, part

Fraction = Annotated[float, Field(ge=0, le=1)]


@part
class Stream:
    name: str
    url: SecretStr

    def __post_init__(self) -> None:
        url = self.url.get_secret_value()
        if url.endswith("/refused"):
            raise SourceRefused(f"will not open {url}")
        if "@" in url and ":" not in url.partition("@")[0].partition("://")[2]:
            raise ValueError(f"{url} has a user but no password")


@part
class File:
    name: str
    path: Path


@part
class Images:
    name: str
    path: Path


@part
class Luma:
    threshold: Annotated[float, Field(gt=0)] = 0.01
    hold_s: float = 2.0


@part
class Motion:
    area: float = 0.1


@part
class NamedMotion:
    name: str = "own"


@part
class Model:
    name: str
    score: float | None = None
    registry: Path | None = None


@part
class TwoStage:
    lost_s: float = 3.0


@part
class Presence:
    name: str = "rule"
    zone: tuple[tuple[Fraction, Fraction], ...] | None = None
    labels: tuple[str, ...] = ()
    inertia: Annotated[int, Field(ge=1)] = 3

    def __post_init__(self) -> None:
        self.memory: list[int] = []


@part
class Loitering(Presence):
    longer_than_s: float = 10.0


@part
class Offline:
    name: str = "rule"
    after_s: float = 5.0


@part
class Frozen(Offline):
    after_s: float = 10.0


@part
class SecondLook:
    workers: int = 1

    async def verify(self, case: object) -> None:
        """Says nothing."""


@part
class Brain:
    base_url: str
    model: str
    api_key: str | None = None


@part
class AskBrain(SecondLook):
    brain: AnyBrain
    language: str = "en"


@part
class Cascade(SecondLook):
    cheap: AnyVerifier
    dear: AnyVerifier | None = None


@part
class Vote(SecondLook):
    judges: tuple[AnyVerifier, ...]


@part
class Sampler:
    """Wants nothing."""

    limits: Limits = Limits()
