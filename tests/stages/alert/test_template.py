import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vigil.core import Outcome
from vigil.stages.alert.template import (
    BLANKS,
    AnyTemplate,
    Value,
    checked_template,
    fields,
    fill_text,
    fill_tree,
    in_json,
)
from vigil.testing.alerts import PICTURE, an_alert


def values(**more: Value) -> Mapping[str, Value]:
    return fields(an_alert(snapshot=PICTURE), language="en", time_zone="UTC") | more


def test_every_blank_has_a_value() -> None:
    assert set(values()) == set(BLANKS)


def test_texts_of_a_tree_are_filled_and_lone_blanks_keep_their_kind() -> None:
    tree = {"a": ["$camera: $claim", {"n": "$sequence", "c": "${critical}"}], "fixed": 3, "x": None}
    filled = fill_tree(tree, values())
    assert filled == {
        "a": ["gate: A person is in the yard.", {"n": 0, "c": False}],
        "fixed": 3,
        "x": None,
    }


def test_a_missing_verdict_is_null_in_a_tree_and_nothing_in_a_text() -> None:
    found = fields(an_alert(outcome=Outcome.PENDING), language="en", time_zone="UTC")
    assert fill_tree(["$confidence", "[$confidence]"], found) == [None, "[]"]


def test_what_a_value_holds_is_not_read_as_a_blank() -> None:
    assert fill_text("$claim", values(claim="$id ${title} $$ {x} %s")) == "$id ${title} $$ {x} %s"
    assert fill_tree("$claim!", values(claim="$id")) == "$id!"


@given(claim=st.text())
def test_a_text_template_of_json_stays_json(claim: str) -> None:
    text = fill_text('{"said": "$claim", "price": "$$5"}', values(claim=claim), escape=in_json)
    assert json.loads(text) == {"said": claim, "price": "$5"}


@given(claim=st.text())
def test_a_tree_holds_any_value_as_it_is(claim: str) -> None:
    assert fill_tree({"said": "$claim"}, values(claim=claim)) == {"said": claim}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("$camrea", "no blank \\$camrea"),
        ({"a": ["fine", {"b": "${__class__}"}]}, "a dollar sign is written"),
        ("costs $5", "a dollar sign is written"),
        ("$Claim", "a dollar sign is written"),
        ({"a": object()}, "allowed: texts"),
        ({1: "x"}, "keys are texts"),
    ],
)
def test_a_template_that_nobody_could_fill_is_refused(template: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(AnyTemplate).validate_python(template)


def test_a_template_without_bottom_is_refused() -> None:
    tree: list[object] = []
    tree.append(tree)
    with pytest.raises(ValueError, match="levels"):
        checked_template(tree)
