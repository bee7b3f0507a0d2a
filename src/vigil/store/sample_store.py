"""Pictures that are worth a person's look, the most instructive first."""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from vigil.core import Clock, Label, Sample, SampleState, StoreError, SystemClock
from vigil.core.sample_json import label_from_json, label_json
from vigil.core.samples import joint
from vigil.store.database import Database
from vigil.store.day_folder import DayFolder
from vigil.store.rows import storable
from vigil.store.schema import samples

PAGE = 250
"""Most rows read in one transaction, so that no reader keeps a writer waiting for 100 ms."""
WORD = re.compile(r"[a-z][a-z0-9_]{0,31}")


class SampleFolder(DayFolder):
    """Where their pictures are kept."""

    what = "sample"


@dataclass(frozen=True, kw_only=True)
class StoredSample:
    """A sample as the store knows it."""

    sample: Sample
    state: SampleState
    labels: tuple[Label, ...]
    """What was said of it; what a model proposed stands in the sample itself."""
    reviewer: str
    """Who labelled or skipped it; empty: nobody yet."""
    created_s: float
    """When it was written: UTC seconds of this machine."""
    updated_s: float
    """When it was last labelled, skipped or put back."""


class SampleStore:
    """Samples in the database of events, beside the folder of their pictures.

    Raises as `Database` does.
    """

    def __init__(self, database: Database, folder: Path, *, clock: Clock | None = None) -> None:
        """`folder`: of the pictures, as `Home.samples`."""
        self.database = database
        self.folder = SampleFolder(folder)
        self._clock = clock or SystemClock()

    def write(self, found: Sequence[Sample]) -> None:
        """Write all or nothing; a sample that was written before is left as it is.

        The pictures are on the disk already. Raises StoreError for a score that is none.
        """
        rows = {sample.id: _row(sample) for sample in found}
        now_s = self._clock.now_s()
        fresh = {
            "state": SampleState.WAITING.value,
            "labels": [],
            "reviewer": "",
            "created_s": now_s,
            "updated_s": now_s,
        }
        if not self.folder.is_marked and not self._has_any():
            with suppress(OSError):  # a full disk: next time
                self.folder.mark()
        with self.database.writing() as connection:
            known = select(samples.c.id).where(samples.c.id.in_(rows))
            for sample_id in connection.execute(known).scalars():
                del rows[sample_id]
            if rows:
                connection.execute(insert(samples), [row | fresh for row in rows.values()])

    def _has_any(self) -> bool:
        with self.database.reading() as connection:
            return connection.execute(select(samples.c.id).limit(1)).first() is not None

    # The queue

    def queue(
        self,
        *,
        limit: int = 50,
        after: str | None = None,
        state: SampleState | None = SampleState.WAITING,
        source: str | None = None,
        reason: str | None = None,
    ) -> list[StoredSample]:
        """The highest score first, of equals the newest; `after`: the last id of the page before.

        `state`: None for all. Raises StoreError where `after` is not known any more.
        """
        allowed = _conditions(state, source, reason)
        ordered = select(samples).order_by(samples.c.score.desc(), samples.c.id.desc())
        found: list[StoredSample] = []
        while len(found) < limit:
            with self.database.reading() as connection:
                below = [] if after is None else [_below(connection, after)]
                query = ordered.where(*allowed, *below).limit(min(PAGE, limit - len(found)))
                page = connection.execute(query).all()
            if not page:
                break
            found += [stored_sample(row) for row in page]
            after = page[-1].id
        return found

    def sample(self, sample_id: str) -> StoredSample | None:
        """One sample; None when there is no such id."""
        with self.database.reading() as connection:
            query = select(samples).where(samples.c.id == sample_id)
            row = connection.execute(query).one_or_none()
        return None if row is None else stored_sample(row)

    def find(self, beginning: str) -> StoredSample:
        """The one sample whose id begins so. Raises StoreError when there is none, or several."""
        so = (samples.c.id >= beginning, samples.c.id < f"{beginning}~")
        with self.database.reading() as connection:
            query = select(samples).where(*so).order_by(samples.c.id)
            rows = connection.execute(query.limit(9)).all()
        if not rows:
            raise StoreError(f"no sample {beginning!r}; see: vigil sample list")
        if len(rows) > 1:
            ids = ", ".join(row.id for row in rows[:8])
            more = ", …" if len(rows) > 8 else ""
            raise StoreError(f"several samples begin with {beginning!r}: {ids}{more}")
        return stored_sample(rows[0])

    def of_event(self, event_id: str) -> list[StoredSample]:
        """All that show this event, the oldest first."""
        query = select(samples).where(samples.c.event_id == event_id).order_by(samples.c.id)
        with self.database.reading() as connection:
            return [stored_sample(row) for row in connection.execute(query)]

    def picture(self, sample: Sample) -> Path:
        """The file of its JPEG. Raises StoreError when it is not kept any more."""
        return self.folder.open_place(sample.path)

    def counts(self) -> Mapping[SampleState, int]:
        """How many there are; every state has its number."""
        query = select(samples.c.state, func.count().label("number")).group_by(samples.c.state)
        with self.database.reading() as connection:
            known = {row.state: row.number for row in connection.execute(query)}
        return {state: known.get(state.value, 0) for state in SampleState}

    # What people say

    def label(self, sample_id: str, labels: Sequence[Label], *, reviewer: str) -> None:
        """All that is in the picture, as somebody says; nothing: it is empty. The last word counts.

        Raises StoreError for a sample that is not there.
        """
        rows = [storable(label_json(label)) for label in labels]
        self._change(sample_id, SampleState.LABELLED, labels=rows, reviewer=reviewer)

    def skip(self, sample_id: str, *, reviewer: str) -> None:
        """Somebody looked, and it is of no use. Raises StoreError for one that is not there."""
        self._change(sample_id, SampleState.SKIPPED, labels=[], reviewer=reviewer)

    def put_back(self, sample_id: str) -> None:
        """Let it wait again, as if nobody had looked. Raises as `skip`."""
        self._change(sample_id, SampleState.WAITING, labels=[], reviewer="")

    def _change(self, sample_id: str, state: SampleState, **values: Any) -> None:
        changed = {"state": state.value, "updated_s": self._clock.now_s(), **storable(values)}
        with self.database.writing() as connection:
            one = update(samples).where(samples.c.id == sample_id)
            if not connection.execute(one.values(changed)).rowcount:
                raise StoreError(f"no sample {sample_id!r}; see: vigil sample list")

    def add_reason(self, sample_id: str, reason: str, score: float) -> None:
        """More is known now that makes it worth a look: its score rises, its state stays.

        Raises as `skip`.
        """
        with self.database.writing() as connection:
            query = select(samples).where(samples.c.id == sample_id).with_for_update()
            row = connection.execute(query).one_or_none()
            if row is None:
                raise StoreError(f"no sample {sample_id!r}; see: vigil sample list")
            before = stored_sample(row).sample
            reasons = {**before.reasons, reason: score}
            now = _row(replace(before, reasons=reasons, score=joint(reasons.values())))
            changed = {name: now[name] for name in ("reasons", "scores", "score")}
            connection.execute(update(samples).where(samples.c.id == sample_id).values(changed))

    def forget(self, sample_ids: Collection[str]) -> None:
        """Delete rows; their pictures are gone already."""
        with self.database.writing() as connection:
            connection.execute(delete(samples).where(samples.c.id.in_(sample_ids)))


def _row(sample: Sample) -> dict[str, Any]:
    """Columns that a sample fills. Raises StoreError for what no row may hold."""
    for name, score in [("score", sample.score), *sample.reasons.items()]:
        if not 0.0 <= score <= 1.0:
            raise StoreError(f"sample {sample.id}: {name} is {score}; allowed: 0 to 1")
    if not isfinite(sample.time_s):
        raise StoreError(f"sample {sample.id}: time_s is {sample.time_s}")
    strange = [reason for reason in sample.reasons if not WORD.fullmatch(reason)]
    if strange or not sample.reasons:
        raise StoreError(f"sample {sample.id}: reasons are {sorted(sample.reasons)}")
    return {
        "id": sample.id,
        "source": storable(sample.source),
        "time_s": sample.time_s,
        "path": sample.path,
        "width": sample.width,
        "height": sample.height,
        "size_bytes": sample.size_bytes,
        "score": sample.score,
        "reasons": f" {' '.join(sorted(sample.reasons))} ",
        "scores": dict(sample.reasons),
        "condition": sample.condition,
        "proposals": [storable(label_json(label)) for label in sample.proposals],
        "event_id": sample.event_id,
    }


def stored_sample(row: Row[Any]) -> StoredSample:
    """What a row of the table says."""
    return StoredSample(
        sample=Sample(
            id=row.id,
            source=row.source,
            time_s=row.time_s,
            path=row.path,
            width=row.width,
            height=row.height,
            size_bytes=row.size_bytes,
            score=row.score,
            reasons=row.scores,
            condition=row.condition,
            proposals=tuple(label_from_json(each) for each in row.proposals),
            event_id=row.event_id,
        ),
        state=SampleState(row.state),
        labels=tuple(label_from_json(each) for each in row.labels),
        reviewer=row.reviewer,
        created_s=row.created_s,
        updated_s=row.updated_s,
    )


def _conditions(
    state: SampleState | None, source: str | None, reason: str | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if state is not None:
        found.append(samples.c.state == state.value)
    if source is not None:
        found.append(samples.c.source == source)
    if reason is not None:
        # Underscores are wild cards unless they are escaped.
        found.append(samples.c.reasons.contains(f" {reason} ", autoescape=True))
    return found


def _below(connection: Connection, after: str) -> ColumnElement[bool]:
    """What stands after the sample `after` when the highest score comes first."""
    query = select(samples.c.score).where(samples.c.id == after)
    score = connection.execute(query).scalar_one_or_none()
    if score is None:
        raise StoreError(f"no sample {after!r} to go on after")
    equal = and_(samples.c.score == score, samples.c.id < after)
    return or_(samples.c.score < score, equal)
