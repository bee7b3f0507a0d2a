"""How long clips stay: by age, by size, and by what is really free on the disk."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

import structlog
from sqlalchemy import Row, and_, func, or_, select

from vigil.core import StoreError
from vigil.store.clip_folder import clip_id_of, grows_into
from vigil.store.database import free_bytes
from vigil.store.day_folder import MARK
from vigil.store.event_store import PAGE, EventStore, forget_clips
from vigil.store.mending import complete_clips, correct_clip
from vigil.store.schema import clips

log = structlog.get_logger(__name__)

DAY_S = 86_400.0
MB = 1_000_000
AT_ONCE = 50
"""Clips that go before their rows are deleted in one short transaction."""


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What went."""

    clips: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(clips=self.clips + other.clips, size_bytes=self.size_bytes + other.size_bytes)


@dataclass(frozen=True, kw_only=True)
class Healed:
    """What a crash had left behind."""

    clips_completed: int = 0
    """Cut short by it, and completed from what had been appended."""
    files_removed: int = 0
    """Without a row."""
    rows_removed: int = 0
    """Without a file."""
    sizes_corrected: int = 0
    """Replaced just before the crash by a longer clip of the same name."""


class _Place(NamedTuple):
    uri: str
    path: str
    size_bytes: int


class Beside(Protocol):
    """What is kept besides clips, and goes before they do when the disk is full."""

    @property
    def size_bytes(self) -> int:
        """Of all of it."""
        ...

    def sweep(self, now_s: float) -> int:
        """Delete what is too old or too much for itself; bytes that went."""
        ...

    def shrink(self, excess_bytes: float) -> int:
        """Delete until so much is gone, or nothing is left; bytes that went."""
        ...


class Retention:
    """Deletes the oldest clips first; events outlive them.

    Old is what was recorded long ago by this machine's clock: a camera's own may be years off.
    The file goes before its row, since a full disk has no room for the journal of a deletion. A
    crash between the two leaves a row without a file, which `reconcile` deletes at the next start.
    """

    def __init__(
        self,
        store: EventStore,
        *,
        days: float | None = 14,
        gb: float | None = 50,
        reserve_mb: float = 512,
        beside: Sequence[Beside] = (),
    ) -> None:
        """`gb`: of all clips, 10**9 bytes each; `reserve_mb`: kept free for the database.

        What is kept `beside` counts among `gb`, and goes first, in that order.
        """
        self._store = store
        self._beside = tuple(beside)
        self._days = days
        self._limit_bytes = None if gb is None else gb * 1000 * MB
        self._reserve_bytes = reserve_mb * MB

    def sweep(self, now_s: float) -> Swept:
        """Delete until age, size and free space are as they should be. `now_s`: UTC seconds.

        Then clips are completed that a shard left growing when it died.
        """
        swept = Swept()
        if self._days is not None:
            oldest_s = now_s - self._days * DAY_S
            swept += self._evict(lambda clip: clip.created_s < oldest_s)
        swept += Swept(size_bytes=sum(each.sweep(now_s) for each in self._beside))
        if self._limit_bytes is not None:
            beside_bytes = sum(each.size_bytes for each in self._beside)
            swept += self._shrink(self._total_bytes() + beside_bytes - self._limit_bytes)
        swept += self.make_room(0)
        complete_clips(self._store)
        return swept

    def make_room(self, wanted_bytes: int) -> Swept:
        """Delete the oldest clips until so much is free beyond the reserve, or none is left."""
        goal = self._reserve_bytes + wanted_bytes
        free = free_bytes(self._store.folder.path)
        if free >= goal:
            return Swept()
        swept = Swept()
        for each in self._beside:
            swept += Swept(size_bytes=each.shrink(goal - free - swept.size_bytes))
        return swept + self._evict(lambda _: free_bytes(self._store.folder.path) < goal)

    def reconcile(
        self, now_s: float, *, grace_s: float = 60.0, waiting: Collection[str] = ()
    ) -> Healed:
        """At start: make rows and files agree.

        Files younger than `grace_s` may still get their row, and so may the clips of the handles in
        `waiting`.
        """
        rows = {row.path: row for row in self._rows()}
        folder = self._store.folder
        if rows and not folder.is_marked:
            # Rows that seem to have lost all their files would be deleted for want of a disk.
            log.error(
                "not our clips folder: is its disk mounted? If the clips were deleted on "
                f"purpose, put an empty file called {MARK} there",
                folder=str(folder.path),
            )
            return Healed()
        folder.mark()
        if completed := complete_clips(self._store):
            rows = {row.path: row for row in self._rows()}
        sizes: dict[str, int] = {}
        orphans = 0
        waited_for = {uri.rpartition("/")[2] for uri in waiting}
        for file in folder.files():
            if file.place in rows:
                sizes[file.place] = file.size_bytes
            elif grows_into(file.place) in rows or clip_id_of(file.place) in waited_for:
                continue
            elif file.changed_s < now_s - grace_s:
                folder.remove(file.place)
                orphans += 1
        lost = [row.uri for place, row in rows.items() if place not in sizes]
        grown = [place for place, size in sizes.items() if size != rows[place].size_bytes]
        for start in range(0, len(lost), AT_ONCE):
            with self._store.database.writing() as connection:
                forget_clips(connection, lost[start : start + AT_ONCE])
        for place in grown:
            correct_clip(self._store, rows[place].uri, place, sizes[place])
        return Healed(
            clips_completed=completed,
            files_removed=orphans,
            rows_removed=len(lost),
            sizes_corrected=len(grown),
        )

    def _shrink(self, excess_bytes: float) -> Swept:
        left = excess_bytes

        def too_much(clip: Row[Any]) -> bool:
            nonlocal left
            before, left = left, left - clip.size_bytes
            return before > 0

        return self._evict(too_much)

    def _evict(self, goes: Callable[[Row[Any]], bool]) -> Swept:
        """Delete from the oldest on while `goes` says so."""
        swept = Swept()
        last = (0.0, "")
        while page := self._older_first(last):
            last = (page[-1].created_s, page[-1].uri)
            # One by one, for each deletion changes what `goes` will say of the next.
            chosen = takewhile(goes, page)
            removed = [(clip, self._removed(clip.path)) for clip in chosen]
            gone = [clip for clip, is_gone in removed if is_gone]
            if gone:
                with self._store.database.writing() as connection:
                    forget_clips(connection, [clip.uri for clip in gone])
            swept += Swept(clips=len(gone), size_bytes=sum(clip.size_bytes for clip in gone))
            if len(removed) < len(page):
                break
        return swept

    def _removed(self, place: str) -> bool:
        """One file that cannot be deleted must not keep all later ones alive."""
        try:
            self._store.folder.remove(place)
        except (OSError, StoreError) as error:
            log.error("a clip cannot be deleted", clip=place, reason=str(error))
            return False
        return True

    def _older_first(self, last: tuple[float, str]) -> list[Row[Any]]:
        created_s, uri = last
        query = select(clips).where(
            or_(
                clips.c.created_s > created_s,
                and_(clips.c.created_s == created_s, clips.c.uri > uri),
            )
        )
        with self._store.database.reading() as connection:
            ordered = query.order_by(clips.c.created_s, clips.c.uri)
            return list(connection.execute(ordered.limit(AT_ONCE)))

    def _total_bytes(self) -> int:
        query = select(func.coalesce(func.sum(clips.c.size_bytes), 0))
        with self._store.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def _rows(self) -> Iterator[_Place]:
        """All rows, a page a transaction."""
        query = select(clips.c.uri, clips.c.path, clips.c.size_bytes).order_by(clips.c.uri)
        last = ""
        while True:
            with self._store.database.reading() as connection:
                page = connection.execute(query.where(clips.c.uri > last).limit(PAGE)).all()
            if not page:
                return
            yield from (_Place(*row) for row in page)
            last = page[-1].uri
