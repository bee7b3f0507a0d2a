"""How long pictures of samples stay, and that files and rows agree."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import structlog
from sqlalchemy import ColumnElement, Row, case, func, select

from vigil.core import SampleState, StoreError
from vigil.store.day_folder import MARK
from vigil.store.sample_store import SampleStore
from vigil.store.schema import samples

log = structlog.get_logger(__name__)
DAY_S = 86_400.0
AT_ONCE = 50
"""Pictures that go before their rows are deleted in one short transaction."""
PAGE = 250
GRACE_S = 60.0
"""A picture that is younger may still get its row."""

_ORDER: Sequence[ColumnElement[Any]] = (
    case((samples.c.state == SampleState.SKIPPED.value, 0), else_=1),
    samples.c.created_s,
    samples.c.id,
)
"""What is of no use goes first, then the oldest."""


class Mended(NamedTuple):
    """What a crash had left behind."""

    files_removed: int = 0
    """Without a row."""
    rows_removed: int = 0
    """Without a file."""


class SampleKeeping:
    """Deletes samples that are too old or too much, the file before its row, as clips are.

    What was handed over to a data set is a file of that, and stays.
    """

    def __init__(
        self, store: SampleStore, *, days: float | None = None, limit_bytes: float | None = None
    ) -> None:
        """None: for ever, and as much as there is."""
        self._store = store
        self._days, self._limit_bytes = days, limit_bytes
        self._is_mended = False

    @property
    def size_bytes(self) -> int:
        """Of all pictures."""
        query = select(func.coalesce(func.sum(samples.c.size_bytes), 0))
        with self._store.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def sweep(self, now_s: float) -> int:
        """Delete what is too old or too much; bytes that went. `now_s`: UTC seconds.

        The first time, what a crash left behind is put in order before.
        """
        if not self._is_mended:
            self.mend(now_s)
            self._is_mended = True
        gone = 0
        if self._days is not None:
            oldest_s = now_s - self._days * DAY_S
            gone += self._delete(lambda _: True, samples.c.created_s < oldest_s)
        if self._limit_bytes is not None:
            gone += self.shrink(self.size_bytes - self._limit_bytes)
        return gone

    def shrink(self, excess_bytes: float) -> int:
        """Delete until so much is gone, or nothing is left; bytes that went."""
        left = excess_bytes

        def too_much(row: Row[Any]) -> bool:
            nonlocal left
            before, left = left, left - row.size_bytes
            return before > 0

        return self._delete(too_much) if excess_bytes > 0 else 0

    def mend(self, now_s: float) -> Mended:
        """Make rows and files agree, as after a crash. `now_s`: UTC seconds."""
        folder = self._store.folder
        rows = dict(self._places())
        if rows and not folder.is_marked:
            # Rows that seem to have lost all their files would be deleted for want of a disk.
            log.error(
                "not our folder of samples: is its disk mounted? If they were deleted on "
                f"purpose, put an empty file called {MARK} there",
                folder=str(folder.path),
            )
            return Mended()
        folder.mark()
        there: set[str] = set()
        orphans = 0
        for file in folder.files():
            if file.place in rows:
                there.add(file.place)
            elif file.changed_s < now_s - GRACE_S:
                folder.remove(file.place)
                orphans += 1
        lost = [sample_id for place, sample_id in rows.items() if place not in there]
        for start in range(0, len(lost), AT_ONCE):
            self._store.forget(lost[start : start + AT_ONCE])
        if orphans or lost:
            log.info("samples put in order", files_removed=orphans, rows_removed=len(lost))
        return Mended(files_removed=orphans, rows_removed=len(lost))

    def _delete(self, goes: Callable[[Row[Any]], bool], *which: ColumnElement[bool]) -> int:
        """From the first in order on while `goes` says so; what cannot be deleted stays."""
        stuck: list[str] = []
        gone = 0
        while True:
            query = select(samples).where(*which, samples.c.id.not_in(stuck)).order_by(*_ORDER)
            with self._store.database.reading() as connection:
                page = connection.execute(query.limit(AT_ONCE)).all()
            chosen = [row for row in page if goes(row)]
            removed = [row for row in chosen if self._is_removed(row.path)]
            stuck += [row.id for row in chosen if row not in removed]
            if removed:
                self._store.forget([row.id for row in removed])
            gone += sum(int(row.size_bytes) for row in removed)
            if not page or len(chosen) < len(page):
                return gone

    def _is_removed(self, place: str) -> bool:
        try:
            self._store.folder.remove(place)
        except (OSError, StoreError) as error:
            log.error("a sample cannot be deleted", sample=place, reason=str(error))
            return False
        return True

    def _places(self) -> Iterator[tuple[str, str]]:
        """Places and ids of all rows, a page a transaction."""
        query = select(samples.c.path, samples.c.id).order_by(samples.c.id).limit(PAGE)
        last = ""
        while True:
            with self._store.database.reading() as connection:
                page = connection.execute(query.where(samples.c.id > last)).all()
            if not page:
                return
            yield from ((row.path, row.id) for row in page)
            last = page[-1].id
