"""What is said about a local brain before torch is opened."""

import asyncio
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError
from tests.brain.helpers import QUESTION, Judgement

from vigil.brain.local import LocalBrain
from vigil.core import ConfigError, ModelError, VigilError


def failing(brain: LocalBrain, error: type[VigilError]) -> VigilError:
    with pytest.raises(error) as caught:
        asyncio.run(brain.ask(QUESTION, Judgement))
    asyncio.run(brain.close())
    with pytest.raises(error) as seen:
        brain.check()
    assert str(seen.value) == str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def test_a_wrong_folder_is_said_in_one_line(tmp_path: Path) -> None:
    assert "config.json" in str(failing(LocalBrain(folder=tmp_path / "none"), ConfigError))
    (tmp_path / "config.json").write_text("{}")
    assert ".safetensors" in str(failing(LocalBrain(folder=tmp_path), ModelError))
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    assert ".safetensors" in str(failing(LocalBrain(folder=tmp_path), ModelError))


def test_settings_are_checked_as_those_of_a_file(tmp_path: Path) -> None:
    make = TypeAdapter(LocalBrain).validate_python
    assert make({"folder": str(tmp_path), "device": "cuda:1"}).device == "cuda:1"
    for wrong in ({"device": "tpu"}, {"precision": "int3"}, {"remote_code": True}):
        with pytest.raises(ValidationError):
            make({"folder": str(tmp_path), **wrong})


def test_without_torch_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "vigil.brain.chat_model", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    said = str(failing(LocalBrain(folder=tmp_path), ModelError))
    assert "(torch)" in said
    assert "vigil-video[brain-local]" in said
