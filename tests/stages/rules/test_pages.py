"""The examples of the rules' pages are settings that the rules take."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

PAGES = sorted((Path(__file__).parents[3] / "docs/rules").glob("*.md"))
ZONE = "0.1,0.1,0.9,0.1,0.5,0.9"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_are_taken(page):
    points = {point.name: point for point in entry_points(group="vigil.rules")}
    text = page.read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    for settings in yaml.safe_load(text)["rules"]:
        kind = settings.pop("kind")
        assert kind == page.stem
        zone = {"zone": ZONE} if "zone" in settings else {}
        rule = TypeAdapter(points[kind].load()).validate_python(settings | zone)
        assert rule.name == settings.get("name", kind)


def test_every_rule_has_its_page_with_a_picture_and_every_link_leads_somewhere():
    assert {page.stem for page in PAGES} >= {
        point.name
        for point in entry_points(group="vigil.rules")
        if point.value.startswith("vigil.")
    }
    for page in PAGES:
        text = page.read_text("utf-8")
        assert "![" in text, page.stem
        links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
        assert [link for link in links if not (page.parent / link).exists()] == [], page.stem
