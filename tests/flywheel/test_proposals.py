"""What is proposed for a kind of view."""

from pathlib import Path

import pytest
import yaml

from vigil.config.load import parse
from vigil.config.parts import parts_of
from vigil.core import ConfigError
from vigil.flywheel.proposals import Row, load_table, offer_for, snippet

TABLE = load_table()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kinds[0])
def test_every_row_that_comes_along_is_a_configuration(row: Row) -> None:
    offer = offer_for(row.kinds[0], TABLE)
    assert bool(offer.new) != bool(offer.why_not)
    found = yaml.safe_load(snippet("gate", offer))["cameras"]["gate"]["rules"] or []
    assert [rule["kind"] for rule in found] == [
        proposal.rule["kind"] for proposal in offer.new if not proposal.draw
    ]
    if found:
        parse({"cameras": {"gate": {"source": "/x.mp4", "rules": found}}})
    assert all(proposal.why and proposal.why_zh for proposal in offer.new)
    assert {proposal.rule["kind"] for proposal in offer.new} <= set(parts_of("vigil.rules"))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kinds[0])
def test_what_is_to_be_drawn_first_is_what_the_rule_asks_for(row: Row) -> None:
    for proposal in row.propose:
        if proposal.draw and proposal.rule["kind"] != "absence":
            settings = {"source": "/x.mp4", "rules": [dict(proposal.rule)]}
            with pytest.raises(ConfigError, match=proposal.draw):
                parse({"cameras": {"gate": settings}})


def test_no_word_stands_for_two_rows() -> None:
    words = [word.casefold() for row in TABLE for word in row.kinds]
    assert len(words) == len(set(words))


def test_what_is_on_already_is_not_proposed_again() -> None:
    offer = offer_for("Kitchen", TABLE, on=("fire", "presence"))
    assert offer.on == ("fire",)
    assert [proposal.rule["kind"] for proposal in offer.new] == ["smoke", "fall"]


def test_a_rule_to_be_drawn_is_a_comment() -> None:
    text = snippet("till", offer_for("shop floor", TABLE))
    assert "# - {kind: queue, line: '...'}  # draw its line first" in text
    assert "收银排队" in text


def test_a_kind_that_the_table_does_not_know_is_told() -> None:
    with pytest.raises(ConfigError, match=r"no row for 'cellar'.*there are: kitchen"):
        offer_for("cellar", TABLE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {kinds: [kitchen]}", "[0].propose: is missing"),
        ("- {kinds: [], propose: []}", "[0].kinds"),
        ("- {kinds: k, propose: [{rule: {kind: fire}}]}", "[0].propose[0].why: is missing"),
        ("- {kinds: k, propose: [], because: x}", "because"),
        ("kitchen: fire", "allowed: a list"),
    ],
)
def test_a_wrong_table_is_told_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_table(path)
    assert said in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_a_rule_that_no_configuration_takes_is_told_before_it_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("- {kinds: hall, propose: [{rule: {kind: fires}, why: x}]}")
    with pytest.raises(ConfigError, match="did you mean 'fire'"):
        snippet("gate", offer_for("hall", load_table(path)))
