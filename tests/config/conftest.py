"""A file in a folder, and parts that need no camera."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from vigil.config import load, parts
from vigil.core import ConfigError

FAKES = {
    "vigil.sources": {"stream": "Stream", "file": "File", "images": "Images", "broken": "Missing"},
    "vigil.gates": {"luma": "Luma"},
    "vigil.detectors": {"motion": "Motion", "model": "Model", "named_motion": "NamedMotion"},
    "vigil.trackers": {"two_stage": "TwoStage"},
    "vigil.rules": {
        "presence": "Presence",
        "loitering": "Loitering",
        "camera_offline": "Offline",
        "camera_frozen": "Frozen",
    },
    "vigil.verifiers": {
        "second_look": "SecondLook",
        "ask_brain": "AskBrain",
        "cascade": "Cascade",
        "vote": "Vote",
    },
    "vigil.brains": {"openai": "Brain"},
    "vigil.samplers": dict.fromkeys(
        ("close_to_threshold", "event", "rare_condition", "random"), "Sampler"
    ),
}


@pytest.fixture
def fake_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entry points lead to `fake_parts.py` beside this file."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))

    def found(group: str) -> dict[str, EntryPoint]:
        return {
            name: EntryPoint(name=name, group=group, value=f"fake_parts:{cls}")
            for name, cls in FAKES[group].items()
        }

    monkeypatch.setattr(parts, "parts_of", found)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Put text into vigil.yaml, or the file named, and say where it is."""

    def written(text: str, name: str = "vigil.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def problems(write: Callable[..., Path]) -> Callable[[str], list[str]]:
    """All that is wrong with a file of this text."""

    def found(text: str) -> list[str]:
        with pytest.raises(ConfigError) as error:
            load(write(text))
        return error.value.problems

    return found
