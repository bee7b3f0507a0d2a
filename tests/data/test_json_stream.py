"""Large JSON files are read a piece at a time, whatever the pieces are cut at."""

import json
from pathlib import Path

import pytest

from vigil.core import DataError
from vigil.data import json_stream
from vigil.data.json_stream import items, keys

VALUE = {
    "before": {"a": [1, {"b": "]}"}], "c": 'x\\"y'},
    "things": [1, -2.5e3, "三 \u2028 [", [], {}, {"deep": [{"er": None}]}, True, 123456789],
    "after": 17,
    "none": [],
}


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1 << 16])
@pytest.mark.parametrize("indent", [None, 2])
def test_elements_are_those_of_the_list(
    chunk: int, indent: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", chunk)
    file = tmp_path / "a.json"
    file.write_text(json.dumps(VALUE, indent=indent, ensure_ascii=False), encoding="utf-8")
    assert list(items(file, "things")) == VALUE["things"]
    assert list(items(file, "none")) == []
    assert list(items(file, "absent")) == []
    assert keys(file) == list(VALUE)
    file.write_text(json.dumps(VALUE["things"], indent=indent), encoding="utf-8")
    assert list(items(file)) == VALUE["things"]
    assert keys(file) == []


@pytest.mark.parametrize("text", ["[1, 2", "[1 2]", '{"a": [1,, 2]}', '{"a" [1]}', "", "[tru]"])
def test_broken_files_are_told(text: str, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(DataError, match="no good JSON"):
        list(items(file, "" if text.startswith("[") or not text else "a"))
