"""When something may happen: hours, weekdays and the time zone they are meant in."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from vigil.core import part

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
DAY_S = 24 * 3600
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def _refusal(problem: str) -> PydanticCustomError:
    return PydanticCustomError("schedule", "{problem}", {"problem": problem})


def _checked_hours(text: str) -> str:
    _seconds_of_day(text)
    return text


def _seconds_of_day(text: str) -> tuple[int, int]:
    """Start and end of "22:00-06:00" in seconds after midnight."""
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise _refusal(f'hours are written "22:00-06:00"; found {text!r}')
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
    start, end = (first_hour * 60 + first_minute) * 60, (last_hour * 60 + last_minute) * 60
    if max(first_minute, last_minute) > 59 or max(start, end) > DAY_S:
        raise _refusal(f"hours lie between 00:00 and 24:00; found {text!r}")
    if start == end:
        raise _refusal(f'hours must not be empty; write "00:00-24:00" for all day, not {text!r}')
    return start, end


def _as_weekdays(value: object) -> object:
    """Days written as "mon-fri" or "sat, sun" as a list; anything else as it is."""
    if not isinstance(value, str):
        return value
    days: list[str] = []
    for word in re.split(r"[,\s]+", value.strip().lower()):
        first, dash, last = word.partition("-")
        if dash and first in WEEKDAYS and last in WEEKDAYS:
            start, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
            span = (end - start) % 7 + 1
            days += [WEEKDAYS[(start + step) % 7] for step in range(span)]
        else:
            days.append(word)
    return days


def _as_window(value: object) -> object:
    """Text like "mon-fri 22:00-06:00" or "22:00-06:00" as settings; anything else as it is."""
    if not isinstance(value, str):
        return value
    days, _, hours = value.strip().rpartition(" ")
    return {"hours": hours, **({"weekdays": days} if days else {})}


def _as_windows(value: object) -> object:
    return [value] if isinstance(value, (str, dict)) else value


def _as_schedule(value: object) -> object:
    """Windows without a time zone may be written alone."""
    if isinstance(value, (str, list, tuple)):
        return {"windows": value}
    return value


def _known_zone(name: str) -> str:
    if name != "local":
        try:
            ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            raise _refusal(
                f"no time zone is called {name!r}; allowed: local, UTC or a name "
                "like Europe/Berlin or Asia/Shanghai"
            ) from None
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""A name of the IANA database, `UTC`, or `local` for the machine's own."""


def zone_of(name: str) -> tzinfo | None:
    """What `datetime.astimezone` wants; None is the machine's own."""
    return None if name == "local" else ZoneInfo(name)


@part
class Window:
    """Hours of some weekdays. Hours that pass midnight belong to the day on which they begin."""

    hours: Annotated[str, AfterValidator(_checked_hours)] = "00:00-24:00"
    weekdays: Annotated[tuple[Weekday, ...], BeforeValidator(_as_weekdays)] = WEEKDAYS

    def __post_init__(self) -> None:
        self._start_s, self._end_s = _seconds_of_day(self.hours)

    def holds(self, weekday: int, second: int) -> bool:
        """Whether a wall clock's `weekday` (0 is Monday) and `second` of the day lie within."""
        today = WEEKDAYS[weekday] in self.weekdays
        if self._start_s < self._end_s:
            return today and self._start_s <= second < self._end_s
        yesterday = WEEKDAYS[weekday - 1] in self.weekdays
        return (today and second >= self._start_s) or (yesterday and second < self._end_s)


@part
class Schedule:
    """Active while any of its windows holds the wall clock of its time zone.

    An hour that the clock repeats in autumn is active both times; one that it skips in spring
    never comes.
    """

    windows: Annotated[
        tuple[Annotated[Window, BeforeValidator(_as_window)], ...], BeforeValidator(_as_windows)
    ]
    time_zone: TimeZone = "local"

    def __post_init__(self) -> None:
        self._zone = zone_of(self.time_zone)

    def active(self, time_s: float) -> bool:
        """Whether the moment `time_s` (UTC seconds since the epoch) lies in a window."""
        wall = datetime.fromtimestamp(time_s, UTC).astimezone(self._zone)
        second = (wall.hour * 60 + wall.minute) * 60 + wall.second
        return any(window.holds(wall.weekday(), second) for window in self.windows)


AnySchedule = Annotated[Schedule, BeforeValidator(_as_schedule)]
"""`"22:00-06:00"`, `["mon-fri 22:00-06:00", "sat,sun 00:00-24:00"]`, or all the settings."""
