"""All state lives in one folder that is its owner's alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vigil.config import claimed, clip_place, open_home
from vigil.core import ConfigError


def test_the_environment_names_the_home(home: Path) -> None:
    assert open_home().path == home


def test_the_file_wins_over_the_environment(tmp_path: Path) -> None:
    assert open_home(tmp_path / "mine").path == tmp_path / "mine"


def test_without_either_it_is_the_folder_of_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIGIL_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert open_home().path == tmp_path / "vigil"


def test_nobody_else_can_look_inside(tmp_path: Path) -> None:
    home = open_home(tmp_path / "mine")
    folders = (home.path, home.clips, home.models, home.spill, home.run)
    assert [oct(folder.stat().st_mode & 0o777) for folder in folders] == ["0o700"] * 5
    assert home.database.parent == home.path


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"home: cannot make .*: (Not a directory|File exists)"):
        open_home(tmp_path / "file")


def test_a_clip_stands_under_its_day_by_its_id(tmp_path: Path) -> None:
    file = open_home(tmp_path).clip_file("clip:home/0199-ab", 1_700_000_000.5)
    assert file == tmp_path / "clips" / "2023-11-14" / "0199-ab"
    assert file.parent.is_dir()


@pytest.mark.parametrize(
    "uri",
    [
        "clip:home/../x",
        "clip:home/a/b",
        "clip:/a",
        "clip:home/",
        "file:home/a",
        "clip:home/a\n",
        "clip:home/.",
        "clip:home/a.b",
        "clip:home/" + "a" * 65,
    ],
)
def test_a_handle_that_is_not_ours_never_becomes_a_path(uri: str) -> None:
    with pytest.raises(ValueError, match="not a clip"):
        clip_place(uri, 0.0)


@pytest.mark.parametrize("start_s", [1e20, float("inf"), float("nan"), -1e20])
def test_a_moment_that_no_calendar_knows_is_refused(start_s: float) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the calendar's own words differ
        clip_place("clip:home/a", start_s)


def test_a_home_belongs_to_one_watch_at_a_time(tmp_path: Path) -> None:
    home = open_home(tmp_path / "mine")
    with claimed(home):
        with (
            pytest.raises(ConfigError) as error,
            claimed(home),
        ):
            pytest.fail("it was claimed twice")
        assert error.value.problems == [
            f"home: {home.path} is in use by process {os.getpid()}; end it, or name another `home:`"
        ]
        with claimed(open_home(tmp_path / "other")):
            pass
    with claimed(home):
        pass


CLAIM = """
import os, signal, sys
from pathlib import Path
from vigil.config import claimed, open_home
with claimed(open_home(Path(sys.argv[1]))):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_claim_dies_with_a_process_that_is_killed(tmp_path: Path) -> None:
    home = open_home(tmp_path / "mine")
    killed = subprocess.run([sys.executable, "-c", CLAIM, str(home.path)], check=False)
    assert killed.returncode == -9
    assert (home.run / "lock").read_text().strip().isdecimal(), "it had the folder"
    with claimed(home):
        pass


def test_a_home_that_cannot_be_locked_is_one_line(tmp_path: Path) -> None:
    home = open_home(tmp_path / "mine")
    (home.run / "lock").mkdir()
    with pytest.raises(ConfigError, match=r"home: cannot lock .*: Is a directory"), claimed(home):
        pytest.fail("it was locked")
