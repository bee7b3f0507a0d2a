"""The rule of docs/custom-rules.md, installed as a package of somebody else."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from vigil.config import parts
from vigil.config.load import parse
from vigil.core import Event, Rule

from .films import Actor, events, film, spans, stands

PAGE = Path(__file__).parents[3] / "docs" / "custom-rules.md"


def block(language: str) -> str:
    """The first block of a language on the page."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution on the path, as pip would have put it there."""
    group, line = block("toml").strip().splitlines()
    name = re.fullmatch(r'\[project\.entry-points\."(.*)"\]', group)
    assert name is not None
    (tmp_path / "lonely_rule.py").write_text(block("python"), "utf-8")
    information = tmp_path / "lonely_rule-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: lonely-rule\nVersion: 1.0\n"
    )
    point = line.replace('"', "")
    (information / "entry_points.txt").write_text(f"[{name[1]}]\n{point}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    parts.parts_of.cache_clear()
    yield
    parts.parts_of.cache_clear()


def rule_of(**more: Any) -> Rule:
    (settings,) = yaml.safe_load(block("yaml"))["rules"]
    zones = {"bank": {"coordinates": "0.2,0.2,0.8,0.2,0.8,1,0.2,1"}}
    camera = {"source": "film.mp4", "zones": zones, "rules": [settings | more]}
    (rule,) = parse({"cameras": {"gate": camera}}).cameras["gate"].rules
    return rule


def told(rule: Rule, *actors: Actor) -> list[Event]:
    return events(rule, film(*actors, until_s=30))


ALWAYS = {"schedule": {"windows": ["00:00-24:00"], "time_zone": "UTC"}}


def test_it_is_found_by_its_name_and_tells_what_it_promises(installed: None) -> None:
    one = Actor(id=1, where=stands((0.5, 0.8), start_s=2, end_s=20))
    other = Actor(id=2, where=stands((0.6, 0.8), start_s=8, end_s=12))
    outside = Actor(id=3, where=stands((0.1, 0.8)))
    (first, second) = told(rule_of(**ALWAYS), one, other, outside)
    assert first.claim == "Somebody is alone in the vault."
    assert first.claim_zh == "金库内仅有一人。"
    assert first.rule == "lonely"
    found = spans(rule_of(**ALWAYS), film(one, other, outside, until_s=30))
    assert found == [(2.0, 7.9), (12.0, 19.9)]
    assert second.start_s > first.end_s


def test_what_every_rule_can_do_it_can_do_without_a_line_of_its_own(installed: None) -> None:
    one = Actor(id=1, where=stands((0.5, 0.8), start_s=2, end_s=20))
    other = Actor(id=2, where=stands((0.6, 0.8), start_s=8, end_s=12))
    assert len(told(rule_of(**ALWAYS, cool_down_s=60), one, other)) == 1
    noon_is_not_night = rule_of()
    assert told(noon_is_not_night, one) == []


def test_the_rule_on_the_page_says_it_in_ten_lines() -> None:
    body = block("python").partition("def judge")[2].partition("\n")[2]
    assert len([line for line in body.splitlines() if line.strip()]) <= 10
