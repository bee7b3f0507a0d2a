"""What the page on alerts says is all there is."""

from dataclasses import fields
from pathlib import Path

import pytest

from vigil.config.alerts import Alerts, Sink
from vigil.config.parts import parts_of
from vigil.stages.alert.template import BLANKS
from vigil.stages.alert.webhook import ID, SEQUENCE, SIGNATURE, TIMESTAMP

PAGE = (Path(__file__).parents[3] / "docs/alerts.md").read_text("utf-8")


@pytest.mark.parametrize("kind", sorted(parts_of("vigil.alerters")))
def test_every_kind_and_its_settings_are_in_the_page(kind: str) -> None:
    part = parts_of("vigil.alerters")[kind].load()
    assert f"| `{kind}`" in PAGE
    settings = [field.name for field in fields(part) if field.init]
    assert [name for name in settings if f"`{name}`" not in PAGE] == []


def test_every_setting_of_the_section_is_in_the_page() -> None:
    words = {*Alerts.model_fields, *Sink.model_fields}
    assert [word for word in sorted(words) if f"`{word}`" not in PAGE] == []


def test_every_blank_and_header_is_in_the_page() -> None:
    assert [name for name in BLANKS if f"`${name}`" not in PAGE] == []
    assert all(header in PAGE for header in (ID, SEQUENCE, TIMESTAMP, SIGNATURE))
