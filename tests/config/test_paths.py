"""What is relative in a file counts from the file, wherever the command is typed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vigil.config import load, parse
from vigil.core import ConfigError

pytestmark = pytest.mark.usefixtures("fake_parts")

Write = Callable[..., Path]

PLACES = """
home: state
detector: {kind: model, name: nano, registry: ../models}
cameras:
  gate: {source: films/gate.mp4}
  door: {source: {kind: file, path: films/door.mp4}}
  folder: {source: pictures}
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory is not where the file is."""
    folder = tmp_path / "elsewhere"
    (folder / "pictures").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def test_what_a_file_names_counts_from_its_folder(write: Write) -> None:
    site = write(PLACES, "site/vigil.yaml").parent
    (site / "pictures").mkdir()
    app = load(site / "vigil.yaml")
    assert app.home == site / "state"
    assert app.cameras["gate"].source.path == site / "films" / "gate.mp4"
    assert app.cameras["door"].source.path == site / "films" / "door.mp4"
    assert app.cameras["gate"].detector.registry == site / ".." / "models"
    assert type(app.cameras["folder"].source).__name__ == "Images", "a folder beside the file"


def test_a_folder_where_the_command_is_typed_is_not_mistaken_for_one_of_the_file(
    write: Write,
) -> None:
    camera = load(write("cameras: {a: {source: pictures}}", "site/vigil.yaml")).cameras["a"]
    assert type(camera.source).__name__ == "File"


def test_a_file_that_is_named_relatively_has_a_folder_too(write: Write, elsewhere: Path) -> None:
    write("cameras: {a: {source: a.mp4}}", "elsewhere/vigil.yaml")
    camera = load(Path("vigil.yaml")).cameras["a"]
    assert camera.source.path == elsewhere / "a.mp4"


def test_a_camera_of_its_own_file_counts_from_the_main_one(write: Write) -> None:
    """So that a camera may move from one to the other as it is written."""
    path = write("", "site/vigil.yaml")
    write("source: films/a.mp4", "site/vigil.d/cameras/a.yaml")
    assert load(path).cameras["a"].source.path == path.parent / "films" / "a.mp4"


def test_a_whole_path_and_the_users_home_stay_what_they_are(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    text = "home: ~/state\ncameras: {a: {source: /films/a.mp4}, b: {source: ~/b.mp4}}"
    app = load(write(text, "site/vigil.yaml"))
    assert app.home == tmp_path / "state"
    assert app.cameras["a"].source.path == Path("/films/a.mp4")
    assert app.cameras["b"].source.path == tmp_path / "b.mp4"


def test_without_a_file_paths_stay_as_they_are() -> None:
    assert parse({"cameras": {"a": {"source": "a.mp4"}}}).cameras["a"].source.path == Path("a.mp4")


def test_a_user_that_nobody_knows_is_a_mistake_of_the_file(write: Write) -> None:
    with pytest.raises(ConfigError) as error:
        load(write("home: ~nobody-of-that-name/x"))
    assert error.value.problems == [
        "home: found '~nobody-of-that-name/x'; ~nobody-of-that-name/x: no such user"
    ]
