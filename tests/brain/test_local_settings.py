"""What is said about a local brain before torch is opened."""

import asyncio
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
