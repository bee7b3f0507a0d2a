"""Who is told of what, and how often: the section `alerts` of the file."""

from collections.abc import Mapping, Sequence
from string import Template
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails

from vigil.config.parts import OneOf, Settings
from vigil.config.schedule import AnySchedule, TimeZone
from vigil.config.settings import Model, Name, Positive, Words
from vigil.core import Alerter, Severity

Language = Literal["en", "zh"]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]

INHERITED = ("language", "time_zone", "outcomes", "min_severity", "schedule", "most_per_hour")
"""What a sink takes from the top of the section when it does not say so itself."""
SPOKEN = ("language", "time_zone")
"""Of these, what is told to the part that does the sending."""


class OneAlerter(OneOf):
    """A sink speaks the language, and goes by the clock, of its section."""

    def complete(
        self, settings: Settings, kind: str, names: Sequence[str], info: ValidationInfo
    ) -> list[InitErrorDetails]:
        for word in SPOKEN:
            if word in names and word in (info.data or {}):
                settings.setdefault(word, info.data[word])
        return []


AnySink = Annotated[Alerter, OneAlerter("vigil.alerters")]


class Sink(Model):
    """A receiver, and which alerts it gets.

    `critical` alerts pass `min_severity` and `most_per_hour`; `cameras`, `rules` and `schedule`
    hold for all, since they say whose business it is.
    """

    language: Language = "en"
    time_zone: TimeZone = "local"
    to: AnySink
    """How it is told."""
    cameras: Words = ()
    """Only of these; empty: of all."""
    rules: Words = ()
    min_severity: Severity = Severity.INFO
    outcomes: Annotated[
        tuple[Literal["confirmed", "unverified"], ...],
        BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
        Field(min_length=1),
    ] = ("confirmed", "unverified")
    """What must have become of the event; critical ones are told before, too."""
    schedule: AnySchedule | None = None
    """When alerts may begin; None: always."""
    most_per_hour: Annotated[int, Field(ge=1)] | None = None
    """Alerts, amendments not counted; None: as many as there are."""

    @model_validator(mode="before")
    @classmethod
    def _hours_are_those_of_the_site(cls, found: Any) -> Any:
        if not isinstance(found, Mapping) or "time_zone" not in found:
            return found
        schedule = found.get("schedule")
        if isinstance(schedule, (str, list, tuple)):
            schedule = {"windows": schedule}
        if isinstance(schedule, Mapping) and "windows" in schedule:
            schedule = {"time_zone": found["time_zone"], **schedule}
        return {**found, "schedule": schedule}


def _known_blanks(link: str) -> str:
    template = Template(link)
    if not template.is_valid() or set(template.get_identifiers()) - {"event", "alert"}:
        raise ValueError("allowed: an address in which $event and $alert stand for their ids")
    return link


class Alerts(Model):
    """Who is told; what stands at the top holds for sinks that do not say themselves."""

    sinks: Mapping[Name, Sink] = Field(default_factory=dict)
    link: Annotated[str, AfterValidator(_known_blanks)] | None = None
    """Where people can see an event, such as `https://vigil.example/events/$event`."""
    group_s: Seconds = 300
    """Events of one incident that begin this long after its first are part of the same alert."""
    cool_down_s: Seconds = 0
    """No new alert of the same rule and camera so soon after the last, unless it matters more."""
    give_up_hours: Positive = 24
    """For so long a receiver that is away is tried; then its messages are dead letters."""
    keep_days: Positive = 30
    """How long what was sent is remembered."""
    language: Language = "en"
    time_zone: TimeZone = "local"
    outcomes: Any = None
    min_severity: Any = None
    schedule: Any = None
    most_per_hour: Any = None

    @model_validator(mode="before")
    @classmethod
    def _sinks_inherit(cls, found: Any) -> Any:
        if not isinstance(found, Mapping) or not isinstance(found.get("sinks"), Mapping):
            return found
        top = {word: found[word] for word in INHERITED if found.get(word) is not None}
        sinks = {
            name: {**top, **own} if isinstance(own, Mapping) else own
            for name, own in found["sinks"].items()
        }
        return {**found, "sinks": sinks}
