"""YAML is data, and only what a reader would expect."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vigil.config.secrets import fill
from vigil.config.yaml_file import LARGEST_BYTES, read_yaml, write_yaml
from vigil.core import ConfigError

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: 'a' stands twice; first in line 1"),
        ("cameras:\n  gate: {source: a, source: b}\n", "line 2, column 21: 'source' stands twice"),
        ("a: [1, 2\nb: 3\n", "line 2, column 2: expected ',' or ']'"),
        ("a: !!python/object/apply:os.system ['echo hi']\n", "line 1, column 4: could not"),
        ("a: !!python/name:os.system\n", "line 1, column 4: could not determine a constructor"),
        ("a: \x07\n", "special characters are not allowed"),
        ("a: *nowhere\n", "line 1, column 4: found undefined alias"),
        ("a: 1\n---\nb: 2\n", "expected a single document"),
        ("{[1, 2]: 3}", "found unhashable key"),
    ],
)
def test_what_is_no_plain_data_is_refused_with_its_line(
    text: str, message: str, write: Write
) -> None:
    with pytest.raises(ConfigError) as error:
        read_yaml(write(text))
    (line,) = error.value.problems
    assert message in line
    assert "\n" not in line


def test_a_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vigil.yaml"
    path.write_bytes(b"a: \xff\xfe")
    with pytest.raises(ConfigError, match="not text in UTF-8, at byte 3"):
        read_yaml(path)


def test_a_huge_file_is_refused_without_reading_it_all(write: Write) -> None:
    with pytest.raises(ConfigError, match="larger than"):
        read_yaml(write("a: " + "x" * LARGEST_BYTES))


def test_endless_nesting_is_refused(write: Write) -> None:
    with pytest.raises(ConfigError, match="cannot be understood"):
        read_yaml(write("[" * 1200))


def test_a_small_file_that_unfolds_to_billions_is_refused(write: Write) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(ValueError, match="more than 100000 values"):
        fill(read_yaml(write("\n".join(rows))))


def test_a_list_that_holds_itself_is_refused(write: Write) -> None:
    with pytest.raises(ValueError, match="levels"):
        fill(read_yaml(write("a: &a [*a]")))


def test_times_stay_texts_and_numbers_numbers(write: Write) -> None:
    text = "{a: 22:00, b: 10:30:15, c: 12, d: 0.5, e: 1e3, f: -7, g: .5, h: 0x10, i: 1_000, j: 08}"
    assert read_yaml(write(text)) == {
        "a": "22:00",
        "b": "10:30:15",
        "c": 12,
        "d": 0.5,
        "e": 1000.0,
        "f": -7,
        "g": 0.5,
        "h": 16,
        "i": 1000,
        "j": "08",
    }


def test_a_default_may_be_shared_by_alias_and_overridden(write: Write) -> None:
    text = "base: &base {a: 1, b: 2}\nmine: {<<: *base, b: 3}"
    assert read_yaml(write(text))["mine"] == {"a": 1, "b": 3}


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(tree=st.dictionaries(st.text(), trees, max_size=4))
@example(
    tree={"a": "1e3", "b": "22:00", "c": "off", "d": "08", "e": "\x85", "f": "大门", "g": "1."}
)
def test_what_is_written_is_read_back(
    tree: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    write_yaml(path, tree)
    assert read_yaml(path) == tree


def test_chinese_stays_readable(tmp_path: Path) -> None:
    write_yaml(tmp_path / "a.yaml", {"claim_zh": "有人。"})
    assert "有人。" in (tmp_path / "a.yaml").read_text(encoding="utf-8")


def test_a_file_is_replaced_whole_and_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "gate.yaml"
    write_yaml(path, {"source": "a"})
    write_yaml(path, {"source": "b"})
    assert read_yaml(path) == {"source": "b"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["gate.yaml"]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        write_yaml(tmp_path / "is_a_folder", {}) if _folder(tmp_path / "is_a_folder") else None
    assert [file.name for file in tmp_path.iterdir()] == ["is_a_folder"]


def _folder(path: Path) -> bool:
    path.mkdir()
    return True
