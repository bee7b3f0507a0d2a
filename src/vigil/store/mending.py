"""Clips that a crash cut short: completed from what their writer had appended."""

from typing import Any

import structlog
from sqlalchemy import select, update

from vigil.core import SourceError, StoreError
from vigil.media.clip import finish_growing
from vigil.media.probe import describe
from vigil.store.event_store import EventStore
from vigil.store.schema import clips

log = structlog.get_logger(__name__)


def complete_clips(store: EventStore) -> int:
    """Complete each clip that a dead writer left growing, and its row; how many there were.

    Clips of living writers are left alone, and so are files that no row knows.
    """
    return sum(_complete(store, place) for place in list(store.folder.growing()))


def correct_clip(store: EventStore, uri: str, place: str, size_bytes: int) -> None:
    """Write into a clip's row what is true of its file, which was replaced before a crash."""
    values: dict[str, Any] = {"size_bytes": size_bytes}
    try:
        found = describe(store.folder.open_place(place))
    except SourceError as error:
        log.warning("a clip cannot be read", clip=place, reason=str(error))
    else:
        values["audio"] = found.audio_codec is not None
        values["end_s"] = clips.c.start_s + (found.duration_s or 0.0)
    _write_row(store, uri, values)


def _complete(store: EventStore, place: str) -> bool:
    query = select(clips.c.uri, clips.c.start_s, clips.c.end_s).where(clips.c.path == place)
    with store.database.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return False
    try:
        whole = finish_growing(store.folder.path / place, row.start_s, end_s=row.end_s)
    except (OSError, StoreError) as error:
        log.warning("a clip that was cut short stays so for now", clip=place, reason=str(error))
        return False
    if whole is None:
        return False
    values = {"end_s": whole.end_s, "size_bytes": whole.size_bytes, "audio": whole.audio}
    _write_row(store, row.uri, values)
    log.info("a clip that was cut short is complete", clip=place)
    return True


def _write_row(store: EventStore, uri: str, values: dict[str, Any]) -> None:
    with store.database.writing() as connection:
        connection.execute(update(clips).where(clips.c.uri == uri).values(values))
