from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Alert, Outcome, Reading, Severity, StepKind, Unverified
from vigil.stages.alert.words import (
    TITLES,
    WHY,
    Wording,
    clean,
    escalated,
    local_time,
    wording,
    worth_telling,
)
from vigil.testing.alerts import NOON_S, amended, an_alert, an_event


def english(alert: Alert) -> Wording:
    return wording(alert, language="en", time_zone="Asia/Shanghai")


def test_an_alert_in_english_by_the_clock_of_the_site() -> None:
    alert = an_alert()
    assert english(alert).text.splitlines() == [
        "Alert, confirmed · gate: A person is in the yard.",
        "second_look (93% sure): Somebody walks across the yard.",
        "2023-11-15 20:00:00 +08:00 · rule yard · severity medium",
        "https://vigil.example/events/1",
        f"#{alert.id[-8:]}",
    ]


def test_one_that_is_over_says_until_when() -> None:
    ended = amended(an_alert(), Outcome.CONFIRMED, step=StepKind.END)
    assert english(ended).when.startswith("2023-11-15 20:00:00 +08:00 – 20:00:05 · rule yard")


def test_an_alert_in_chinese() -> None:
    alert = an_alert()
    words = wording(alert, language="zh", time_zone="Asia/Shanghai")
    assert words.text.splitlines() == [
        "告警（已确认） · gate：院子里有人。",
        "second_look（把握 93%）：有人穿过院子。",
        "2023-11-15 20:00:00 +08:00 · 规则 yard · 严重程度：中",
        "https://vigil.example/events/1",
        f"#{alert.id[-8:]}",
    ]


def test_what_has_no_chinese_words_is_told_in_english() -> None:
    alert = an_alert(replace(an_event(), claim_zh=""))
    assert "A person is in the yard." in wording(alert, language="zh", time_zone="UTC").title


@pytest.mark.parametrize("language", [0, 1])
@pytest.mark.parametrize("reason", list(Unverified))
def test_unverified_is_told_with_its_reason(reason: Unverified, language: int) -> None:
    alert = an_alert(outcome=Outcome.UNVERIFIED)
    alert = replace(alert, decision=replace(alert.decision, reason=reason))
    words = wording(alert, language=("en", "zh")[language], time_zone="UTC")
    assert ("unverified", "未核实")[language] in words.title
    assert WHY[reason][language] in words.verdict


def test_every_outcome_has_a_title_in_both_languages() -> None:
    assert set(TITLES) == {(language, one.value) for language in ("en", "zh") for one in Outcome}


def test_a_critical_one_says_so_before_any_verdict() -> None:
    words = english(an_alert(an_event(critical=True), Outcome.PENDING))
    assert words.title.startswith("Alert, not verified yet")
    assert words.verdict == "Told before any verdict."
    assert words.when.endswith("severity critical")


def test_summer_time_is_told() -> None:
    assert local_time(NOON_S, "Europe/Berlin") == "2023-11-15 13:00:00 +01:00"
    assert local_time(NOON_S - 120 * 86400, "Europe/Berlin") == "2023-07-18 14:00:00 +02:00"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("one\r\ntwo\tthree", "one two three"),
        ("a\0b\x1b[2J", "ab[2J"),
        ("gate\u202egnp.exe\u2066", "gategnp.exe"),
        ("see https://evil.example/x now", "see https evil.example/x now"),
        ("tg://user?id=1 JAVASCRIPT:/x", "tg user?id=1 JAVASCRIPT x"),
        ("half \ud800", "half ?"),
        ("院子里有人。", "院子里有人。"),
        ("x" * 500, "x" * 399 + "…"),
    ],
)
def test_what_others_said_is_one_harmless_line(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text(max_size=600))
def test_cleaned_text_never_breaks_a_line_nor_leads_anywhere(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned.splitlines()) <= 1
    assert "://" not in cleaned
    assert len(cleaned) <= 400
    assert clean(cleaned) == cleaned
    cleaned.encode()


def test_updates_are_told_as_far_as_they_are_wanted() -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    same = amended(first, Outcome.UNVERIFIED)
    decided = amended(first, Outcome.REJECTED)
    ended = amended(first, Outcome.UNVERIFIED, step=StepKind.END)
    wanted = {
        updates: [worth_telling(alert, updates) for alert in (first, same, decided, ended)]
        for updates in ("all", "verdict", "none")
    }
    assert wanted == {
        "all": [True, True, True, True],
        "verdict": [True, False, True, False],
        "none": [True, False, False, False],
    }


def test_what_matters_more_than_before_escalates() -> None:
    first = an_alert()
    later = amended(first, Outcome.CONFIRMED)
    assert not escalated(first)
    assert not escalated(later)
    assert escalated(replace(later, event=replace(first.event, critical=True)))
    assert escalated(replace(later, event=replace(first.event, severity=Severity.HIGH)))
    assert not escalated(replace(later, event=replace(first.event, severity=Severity.LOW)))


def test_what_readers_found_out_is_told_to_people() -> None:
    found = (Reading("colour", "red", 0.7), Reading("vehicle_type", "van", 0.9))
    alert = an_alert(event=replace(an_event(), readings=found))
    assert "colour: red (70%), vehicle type: van (90%)" in english(alert).lines
    chinese = wording(alert, language="zh", time_zone="Asia/Shanghai")
    assert "颜色：red (70%)，车型：van (90%)" in chinese.lines
    assert english(an_alert()).found == ""
