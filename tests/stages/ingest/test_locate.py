"""What a user types becomes the right source."""

from pathlib import Path

import pytest

from vigil.core import SourceRefused
from vigil.stages.ingest import source_of
from vigil.stages.ingest.device import DeviceSource
from vigil.stages.ingest.file import FileSource
from vigil.stages.ingest.images import ImageFolder
from vigil.stages.ingest.stream import StreamSource


def test_the_kind_follows_from_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert isinstance(source_of("rtsp://user:pw@10.0.0.1/stream"), StreamSource)
    assert isinstance(source_of("HTTP://10.0.0.1/video.mjpg"), StreamSource)
    assert isinstance(source_of(str(tmp_path / "a.mp4")), FileSource)
    assert isinstance(source_of(str(tmp_path)), ImageFolder)
    assert isinstance(source_of("/dev/video0"), DeviceSource)


@pytest.mark.parametrize("text", ["file:///etc/passwd", "concat://a|b", "data://x", "ftp://host/a"])
def test_other_schemes_are_refused(text: str) -> None:
    with pytest.raises(SourceRefused, match="is not allowed; allowed: rtsp"):
        source_of(text)


def test_names_are_short_and_without_secrets(tmp_path: Path) -> None:
    assert source_of("rtsp://admin:pw@10.0.0.1:8554/main?password=x").name == "10.0.0.1"
    assert source_of(str(tmp_path / "gate.mp4")).name == "gate.mp4"
    assert source_of(str(tmp_path), name="stills").name == "stills"
