"""Prompt files: ours for every rule, the user's before them, mistakes in one line."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from vigil.core import ConfigError
from vigil.stages.verify.answers import answer_type
from vigil.stages.verify.meaning import CAMERA_KINDS
from vigil.stages.verify.prompts import GENERIC, OWN, Library, common, prompt_hash

MINE = """
about: {en: Smoke rises., zh: 有烟。}
questions:
  - {key: smoke, expects: yes, en: "Is it smoke?", zh: 是烟吗？}
"""


def hash_of(prompt, language="en") -> str:
    return prompt_hash(prompt, language, answer_type(prompt.questions))


def test_every_prompt_is_of_a_rule_there_is() -> None:
    kinds = {point.name for point in entry_points(group="vigil.rules")} - CAMERA_KINDS
    files = {path.stem for path in OWN.glob("*.yaml")} - {"common"}
    assert files - {GENERIC} <= kinds
    assert {GENERIC, "abandoned_object", "line_crossing", "loitering", "presence"} <= files
    assert "stopped_vehicle" in files


@pytest.mark.parametrize("name", sorted(path.stem for path in OWN.glob("*.yaml")))
def test_our_prompts_speak_both_languages(name: str) -> None:
    if name == "common":
        sayings = [getattr(common(), field) for field in type(common()).model_fields]
    else:
        prompt = Library(None).find([name])
        sayings = [prompt.about, prompt.describe, *prompt.questions]
        assert any(question.expects is not None for question in prompt.questions)
    assert all(saying.en.strip() and saying.zh.strip() for saying in sayings)
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in one.zh) for one in sayings)


def test_an_unknown_sort_of_event_gets_the_generic_prompt() -> None:
    library = Library(None)
    assert library.find(["", "my rule", "no_such_kind"]) == library.find([GENERIC])


def test_the_algorithm_comes_before_the_rule_and_the_rule_before_its_sort(tmp_path: Path) -> None:
    for name in ("smoking", "gate rule"):
        (tmp_path / f"{name}.yaml").write_text(MINE.replace("smoke,", f"{name[0]}_key,"), "utf-8")
    library = Library(tmp_path)
    assert library.find(["smoking", "gate rule", "presence"]).questions[0].key == "s_key"
    assert library.find(["", "gate rule", "presence"]).questions[0].key == "g_key"
    assert library.find(["", "other", "presence"]) == Library(None).find(["presence"])


def test_the_users_file_replaces_ours(tmp_path: Path) -> None:
    (tmp_path / "presence.yaml").write_text(MINE, "utf-8")
    assert [q.key for q in Library(tmp_path).find(["presence"]).questions] == ["smoke"]


def test_a_name_from_an_event_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(MINE, "utf-8")
    folder = tmp_path / "prompts"
    folder.mkdir()
    generic = Library(None).find([GENERIC])
    assert Library(folder).find(["../secret", str(tmp_path / "secret")]) == generic


def test_the_hash_follows_every_word(tmp_path: Path) -> None:
    (tmp_path / "presence.yaml").write_text(MINE, "utf-8")
    first = Library(tmp_path).find(["presence"])
    assert hash_of(first) == hash_of(Library(tmp_path).find(["presence"]))
    (tmp_path / "presence.yaml").write_text(MINE.replace("Is it smoke?", "Is it steam?"), "utf-8")
    changed = Library(tmp_path).find(["presence"])
    assert len({hash_of(first), hash_of(first, "zh"), hash_of(changed)}) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("about: {en: x}", "questions: is missing"),
        ("about: {en: x}\nquestions: []", "questions: "),
        (MINE.replace("expects", "expect"), "did you mean 'expects'"),
        (MINE.replace("key: smoke", "key: ruling"), "questions[0].key: "),
        (MINE.replace("key: smoke", "key: Is it"), "small letters"),
        (MINE + MINE.splitlines()[-1], "each key once"),
        ("about: [", "line"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as error:
        Library(tmp_path)
    assert told in str(error.value)
    assert "mine.yaml" in str(error.value)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="allowed: a folder of YAML files"):
        Library(tmp_path / "nothing")
