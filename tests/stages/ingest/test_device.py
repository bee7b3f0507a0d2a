"""Cameras that are plugged in, as far as they can be tried without one."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from vigil.core import SourceError
from vigil.stages.ingest.device import DeviceSource


def test_a_camera_that_is_not_there_is_an_error_in_one_line() -> None:
    source = DeviceSource(path=Path("/dev/video99"), width=640, height=360, rate=15, codec="mjpeg")
    with pytest.raises(SourceError, match=r"^video99: cannot be opened"):
        next(iter(source.packets()))


def test_width_and_height_go_together() -> None:
    with pytest.raises(ValueError, match="set together"):
        TypeAdapter(DeviceSource).validate_python({"width": 640})
