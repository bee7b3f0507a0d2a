"""Cameras that are plugged in, as far as they can be tried without one."""

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from vigil.core import SourceError
from vigil.stages.ingest.device import DeviceSource


def test_a_camera_that_is_not_there_is_an_error_in_one_line() -> None:
    source = DeviceSource(path=Path("/dev/video99"), width=640, height=360, rate=15, codec="mjpeg")
    with pytest.raises(SourceError) as caught:
        next(iter(source.packets()))
    line = str(caught.value)
    assert line.startswith(
        "video99: cannot be opened: no such file or directory; is it plugged in?"
    )
    assert re.search(r"cameras here: (none|/dev/video)", line)
    assert "\n" not in line


@pytest.mark.parametrize("place", ["/dev/null", "file", "."])
def test_what_is_no_camera_is_an_error_in_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("no camera")
    source = DeviceSource(path=tmp_path / place, name="door")
    with pytest.raises(
        SourceError, match=r"^door: cannot be opened: .*; is it a camera\?"
    ) as caught:
        next(iter(source.packets()))
    assert "\n" not in str(caught.value)


def test_width_and_height_go_together() -> None:
    with pytest.raises(ValueError, match="set together"):
        TypeAdapter(DeviceSource).validate_python({"width": 640})
