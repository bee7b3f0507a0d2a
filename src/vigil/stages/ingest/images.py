"""A folder of images as a source."""

import re
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from threading import Event

from vigil.core import Encoding, Packet, SourceRefused, part
from vigil.media.limits import Limits

TICKS_PER_SECOND = 90_000
MAGIC = {b"\xff\xd8\xff": "mjpeg", b"\x89PNG\r\n\x1a\n": "png"}
"""How a file begins, and what decodes it; an extension proves nothing."""


@part
class ImageFolder:
    """The JPEG and PNG files of a folder, in natural order (2 before 10), each a key packet.

    Other files are refused, so that none is skipped unseen; hidden ones and folders do not count.
    """

    path: Path
    name: str = ""
    """What its packets are called; empty: the folder's name."""
    rate: float = 1.0
    """Pictures a second that the folder stands for."""
    start_s: float = 0.0
    """UTC seconds of the first image."""

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"rate: {self.rate}; allowed: above 0")
        self.name = self.name or Path(self.path).name
        self.limits = Limits()
        self._closed = Event()

    @property
    def live(self) -> bool:
        return False

    def packets(self) -> Iterator[Packet]:
        encodings: dict[str, Encoding] = {}
        for index, file in enumerate(self._files()):
            if self._closed.is_set():
                return
            data = self._read(file)
            codec = _codec_of(data)
            if codec is None:
                raise SourceRefused(f"{self.name}: {file.name} is neither a JPEG nor a PNG image")
            encoding = encodings.setdefault(codec, self._encoding(codec))
            ticks = round(index / self.rate * TICKS_PER_SECOND)
            yield Packet(
                source=self.name,
                encoding=encoding,
                data=data,
                pts=ticks,
                dts=ticks,
                duration=round(TICKS_PER_SECOND / self.rate),
                key=True,
                time_s=self.start_s + index / self.rate,
                received_s=time.time(),
            )

    def close(self) -> None:
        """End `packets`, from any thread and for good."""
        self._closed.set()

    def _files(self) -> list[Path]:
        folder = Path(self.path)
        if not folder.is_dir():
            raise SourceRefused(f"{self.name}: no such folder")
        files = [f for f in folder.iterdir() if f.is_file() and not f.name.startswith(".")]
        if not files:
            raise SourceRefused(f"{self.name}: the folder holds no images")
        return sorted(files, key=lambda file: natural_order(file.name))

    def _read(self, file: Path) -> bytes:
        self.limits.check_file(f"{self.name}: {file.name}", file.stat().st_size, None)
        return file.read_bytes()

    def _encoding(self, codec: str) -> Encoding:
        return Encoding(
            kind="video",
            codec=codec,
            extradata=b"",
            time_base=Fraction(1, TICKS_PER_SECOND),
            frame_rate=self.rate,
        )


def natural_order(name: str) -> list[tuple[bool, int, str]]:
    """A sorting key by which `a2` comes before `a10`."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts]


def _codec_of(data: bytes) -> str | None:
    return next((codec for magic, codec in MAGIC.items() if data.startswith(magic)), None)
