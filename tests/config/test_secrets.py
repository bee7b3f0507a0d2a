"""Passwords come from the environment and are kept out of sight."""

import pytest

from vigil.config.secrets import fill


def test_both_ways_to_write_a_placeholder_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_A", "one")
    filled = fill({"a": ["{VIGIL_A}", {"b": "x${VIGIL_A}y"}], "c": 5})
    assert filled.tree == {"a": ["one", {"b": "xoney"}], "c": 5}
    assert filled.unset == []


def test_other_variables_of_the_environment_are_out_of_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_KEY", "one")
    assert fill("{AWS_KEY} ${AWS_KEY} {x}").tree == "{AWS_KEY} ${AWS_KEY} {x}"


def test_a_value_with_a_placeholder_in_it_is_not_filled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIGIL_A", "{VIGIL_B}")
    monkeypatch.setenv("VIGIL_B", "deep")
    assert fill("{VIGIL_A}").tree == "{VIGIL_B}"


def test_what_is_not_set_is_named_with_its_place() -> None:
    assert fill({"a": ["", "{VIGIL_NOT_THERE}"]}).unset == [(("a", 1), "VIGIL_NOT_THERE")]


def test_a_filled_value_is_shown_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_A", "open")
    monkeypatch.setenv("VIGIL_B", "open sesame")
    filled = fill(["{VIGIL_A}", "{VIGIL_B}"])
    assert filled.redacted("say open sesame, or open") == "say {VIGIL_B}, or {VIGIL_A}"
