from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vigil.config.schedule import AnySchedule, Schedule, Window

BERLIN = ZoneInfo("Europe/Berlin")


def schedule(value: object, zone: str = "Europe/Berlin") -> Schedule:
    settings = value if isinstance(value, dict) else {"windows": value, "time_zone": zone}
    return TypeAdapter(AnySchedule).validate_python(settings)


def at(text: str, fold: int = 0) -> float:
    """A moment by the clocks of Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


def test_hours_begin_and_end_to_the_second():
    day = schedule("08:00-18:00")
    assert not day.active(at("2025-03-05T07:59:59"))
    assert day.active(at("2025-03-05T08:00:00"))
    assert day.active(at("2025-03-05T17:59:59"))
    assert not day.active(at("2025-03-05T18:00:00"))


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin():
    friday_night = schedule("fri 22:00-06:00")
    assert friday_night.active(at("2025-03-07T23:00:00"))
    assert friday_night.active(at("2025-03-08T05:59:59"))
    assert not friday_night.active(at("2025-03-07T05:00:00"))
    assert not friday_night.active(at("2025-03-08T22:30:00"))


def test_the_night_of_sunday_reaches_into_monday():
    assert schedule("sun 22:00-06:00").active(at("2025-03-10T03:00:00"))


def test_any_of_several_windows_is_enough():
    work = schedule(["mon-fri 22:00-06:00", "sat,sun 00:00-24:00"])
    assert work.active(at("2025-03-08T12:00:00"))
    assert work.active(at("2025-03-05T23:00:00"))
    assert not work.active(at("2025-03-05T12:00:00"))


def test_weekdays_may_wrap_around_the_week():
    assert Window(hours="00:00-24:00").weekdays[0] == "mon"
    ends = schedule({"windows": {"weekdays": "sat-mon"}, "time_zone": "UTC"})
    assert ends.windows[0].weekdays == ("sat", "sun", "mon")


def test_an_hour_that_the_clock_repeats_is_active_twice():
    small_hours = schedule("02:00-03:00")
    assert small_hours.active(at("2025-10-26T02:30:00", fold=0))
    assert small_hours.active(at("2025-10-26T02:30:00", fold=1))
    seconds = range(int(at("2025-10-26T00:00:00")), int(at("2025-10-26T06:00:00")), 60)
    assert sum(small_hours.active(second) for second in seconds) == 120


def test_an_hour_that_the_clock_skips_never_comes():
    seconds = range(int(at("2025-03-30T00:00:00")), int(at("2025-03-30T06:00:00")), 60)
    assert not any(schedule("02:00-03:00").active(second) for second in seconds)
    assert sum(schedule("01:00-04:00").active(second) for second in seconds) == 120


def test_a_time_zone_without_whole_hours_is_kept():
    moment = datetime(2025, 3, 5, 2, 30, tzinfo=UTC).timestamp()  # 08:15 in Kathmandu
    assert schedule("08:15-08:16", "Asia/Kathmandu").active(moment)
    assert not schedule("08:16-08:17", "Asia/Kathmandu").active(moment)


def test_local_is_the_time_zone_of_the_machine():
    moment = datetime(2025, 3, 5, 12, 0, tzinfo=UTC)
    hour = moment.astimezone().hour
    assert schedule(f"{hour:02}:00-{hour + 1:02}:00", "local").active(moment.timestamp())


@given(st.integers(0, 10**6), st.integers(1, 1439))
def test_a_window_and_its_complement_never_agree(minutes, end):
    moment = (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)).timestamp()
    first, rest = f"00:00-{end // 60:02}:{end % 60:02}", f"{end // 60:02}:{end % 60:02}-24:00"
    assert schedule(first).active(moment) != schedule(rest).active(moment)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("22-06", "\"22:00-06:00\"; found '22-06'"),
        ("22:00-25:00", "between 00:00 and 24:00"),
        ("22:61-23:00", "between 00:00 and 24:00"),
        ("06:00-06:00", "00:00-24:00"),
        ("someday 22:00-06:00", "'mon', 'tue'"),
        ({"windows": "22:00-06:00", "time_zone": "Mars/Base"}, "Europe/Berlin"),
        ({"windows": "22:00-06:00", "time_zone": "../../etc/passwd"}, "no time zone"),
    ],
)
def test_a_wrong_schedule_is_refused_with_the_reason(value, words):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(AnySchedule).validate_python(value)
    assert words in str(caught.value)
