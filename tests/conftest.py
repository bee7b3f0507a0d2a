"""What every test may use."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

DATA = Path(
    os.environ.get("VIGIL_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)


@pytest.fixture(scope="session")
def data() -> Callable[[str], Path]:
    """Path of a file of real footage; skips the test, with the reason, where it is absent."""

    def path(name: str) -> Path:
        found = DATA / name
        if not found.exists():
            pytest.skip(f"real footage {name} is not in {DATA}")
        return found

    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a state folder of its own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("VIGIL_HOME", str(folder))
    return folder
