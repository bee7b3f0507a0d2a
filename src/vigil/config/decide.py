"""How events are decided, and what large models may cost: `decide`, `budget`, `neighbours`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from vigil.config.parts import AnyEmbedder
from vigil.config.schedule import TimeZone
from vigil.config.settings import Model, Words

Count = Annotated[int, Field(ge=0)]
AtOnce = Annotated[int, Field(ge=1, le=64)]


class Decide(Model):
    """When an event must be decided, and how much may happen at a time."""

    deadline_s: Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False)] = 10
    """Seconds from its first record; then it is unverified, and a verdict may still amend that."""
    first_s: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 3
    """So many seconds of it are to be seen in the clip before it is judged without a large model;
    half a second is enough where one can be asked afterwards."""
    asked_s: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 1
    """So many seconds of it are to be seen in the clip before a large model is asked."""
    looks_at_once: AtOnce = 2
    """Clips that are looked into at a time, by threads that yield to the watch."""
    asks_at_once: AtOnce = 8
    """Questions to large models at a time, those included that wait for a place at their server:
    with twice as many as it has (`concurrency`) none of its places is empty for a moment."""
    most_waiting: Annotated[int, Field(ge=1, le=10000)] = 500
    """Questions that wait; the least important is shed when there is one more."""
    stale_s: Annotated[float, Field(ge=10, le=86400, allow_inf_nan=False)] = 900
    """Seconds after which a question that still waits is shed."""


class Incidents(Model):
    """When two events are one: seen by neighbouring cameras, or of one track."""

    embedder: AnyEmbedder | None = None
    """Who tells whether two look alike: a model of the registry for re-identification; None: the
    colours of both."""
    labels: Words = ("person",)
    """What the embedder knows; of everything else colours are compared."""
    alike: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Least cosine of the vectors of one thing in two cameras."""


class DayBudget(Model):
    """What may be spent a day; null: as much as is wanted."""

    calls_per_day: Count | None = None
    tokens_per_day: Count | None = None


class Budgets(DayBudget):
    """What large models may cost a day: on each camera, on each algorithm, and on a site."""

    calls_per_day: Count | None = 5
    """On each camera."""
    algorithm: DayBudget = DayBudget()
    """On each algorithm, or rule where there is none, on all cameras of a site together."""
    site: DayBudget = DayBudget()
    """On all cameras of a site together."""
    on_spent: Literal["unverified", "second_look"] = "unverified"
    """What becomes of an event that would need a large model then: it is unverified, or the second
    look decides, however unsure it is."""
    time_zone: TimeZone = "local"
    """By whose clock a day begins."""


SERVERS = ("postgresql://", "postgres://", "postgresql+psycopg://")


def _of_a_server(url: str) -> str:
    if not url.startswith(SERVERS):
        raise ValueError("allowed: postgresql://HOST/NAME, with user and password before HOST")
    return url


Database = Annotated[str, AfterValidator(_of_a_server)]
"""The address of a PostgreSQL server and its database."""

ASKS = "ask_brain"
"""The kind of judge that needs a large model."""
CASCADE = {"kind": "cascade", "cheap": "second_look", "dear": ASKS}


def judged_by(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The file with its `brain` given to each judge that asks one and names none.

    Where the file says nothing of judges, a large model is asked when the second look is unsure.
    """
    if not has_brain(found):
        return found
    return {**found, "verify": _with_brain(found.get("verify", CASCADE), found["brain"])}


def has_brain(found: Mapping[str, Any]) -> bool:
    """Whether the file names a large model, which is yet to be read."""
    return found.get("brain") not in (None, False, "off")


def _with_brain(judge: Any, brain: object) -> Any:
    if judge == ASKS:
        return {"kind": ASKS, "brain": brain}
    if isinstance(judge, list):
        return [_with_brain(one, brain) for one in judge]
    if not isinstance(judge, Mapping):
        return judge
    if judge.get("kind") == ASKS:
        return {"brain": brain, **judge}
    return {word: _with_brain(value, brain) for word, value in judge.items()}
