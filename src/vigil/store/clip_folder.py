"""The folder of encoded evidence: what a row may point to."""

import os
import re
from collections.abc import Iterator

from vigil.config.home import clip_place
from vigil.core import Clip
from vigil.core.durable import sync
from vigil.media.clip import clip_at
from vigil.store.day_folder import DayFolder, size_of

GROWING = re.compile(r"\.(?P<id>[^./]+)\.growing(?P<extension>\.\w+)")


class ClipFolder(DayFolder):
    """Where clips are kept."""

    what = "clip"

    def keep(self, clip: Clip) -> str | None:
        """Make sure that the clip survives a power cut; its place, or None when it is not there.

        The file must stand where `clip_place` says and hold as many bytes as the clip claims; more
        are there when it has been replaced by a longer one meanwhile.
        """
        try:
            file = clip_at(self.path / clip_place(clip.uri, clip.start_s))
            if file is None or size_of(file) < clip.size_bytes:
                return None
            # The writer has done so already; then this costs nothing.
            for path in (file, file.parent, self.path):
                sync(path)
        except (OSError, ValueError):
            return None
        return file.relative_to(self.path).as_posix()

    def growing(self) -> Iterator[str]:
        """Places of clips beside which a file stands that their writer appends to, or did."""
        for folder in self.days():
            for name in sorted(os.listdir(folder)):
                grown = _grown(name)
                if grown is not None:
                    yield f"{folder.name}/{grown}"


def clip_id_of(place: str) -> str:
    """The id of the clip that a file is, or that it is to become."""
    return place.rpartition("/")[2].lstrip(".").partition(".")[0]


def grows_into(place: str) -> str | None:
    """The place of the clip that a file's writer will make of it; None when it does not grow."""
    day, _, name = place.rpartition("/")
    grown = _grown(name)
    return None if grown is None else f"{day}/{grown}"


def _grown(name: str) -> str | None:
    """What a growing file will be called; None for other files."""
    found = GROWING.fullmatch(name)
    return None if found is None else found["id"] + found["extension"]
