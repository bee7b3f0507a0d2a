"""Where pictures come from: a plain text is understood by its look."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from vigil.config.parts import OneOf, Settings
from vigil.config.paths import folder_of, placed
from vigil.core import Source

STREAMS = ("rtsp", "rtsps", "http", "https")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class OneSource(OneOf):
    """A source is called like its camera."""

    def spoken(self, word: str, info: ValidationInfo) -> Mapping[str, object]:
        return source_settings(word, folder_of(info))

    def complete(
        self, settings: Settings, kind: str, names: Sequence[str], info: ValidationInfo
    ) -> list[InitErrorDetails]:
        if "name" in names and "name" in (info.data or {}):
            settings.setdefault("name", info.data["name"])
        return []


def source_settings(text: str, folder: Path | None) -> dict[str, object]:
    """Settings of the source that a plain text means: a URL, a device, a folder or a file.

    Relative paths count from `folder`.
    """
    scheme = _SCHEME.match(text)
    if scheme is not None:
        if scheme[1].lower() not in STREAMS:
            allowed = ", ".join(f"{name}://" for name in STREAMS)
            raise PydanticCustomError(
                "vigil",
                "{message}",
                {"message": f"no source of scheme {scheme[1]}://; allowed: {allowed}"},
            )
        return {"kind": "stream", "url": text}
    path = placed(text, folder)
    if path.is_relative_to("/dev"):
        return {"kind": "device", "path": path}
    return {"kind": "images" if path.is_dir() else "file", "path": path}


AnySource = Annotated[Source, OneSource("vigil.sources")]
