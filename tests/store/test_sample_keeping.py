"""Old samples go, and what a crash left is put in order."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from store_values import a_sample

from vigil.core import Sample
from vigil.store import EventStore, Retention, SampleStore
from vigil.store.database import Database
from vigil.store.sample_keeping import Mended, SampleKeeping
from vigil.testing.hands import NOON_S, Hands

DAY_S = 86_400.0


@pytest.fixture
def samples(place: str | Path, tmp_path: Path, clock: Hands) -> Iterator[SampleStore]:
    made = SampleStore(Database(place), tmp_path / "samples", clock=clock)
    yield made
    made.database.close()


def kept(samples: SampleStore) -> list[str]:
    return [one.sample.id for one in samples.queue(state=None, limit=1000)]


def files(samples: SampleStore) -> list[str]:
    return sorted(file.stem for file in samples.folder.path.rglob("*.jpg"))


def put(samples: SampleStore, *, size_bytes: int = 1000) -> Sample:
    sample = replace(a_sample(), size_bytes=size_bytes)
    file = samples.folder.path / sample.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(size_bytes))
    os.utime(file, (NOON_S, NOON_S))
    samples.write([sample])
    return sample


def test_samples_go_by_age_with_their_pictures(samples: SampleStore, clock: Hands) -> None:
    old = put(samples)
    clock.sleep(2 * DAY_S)
    new = put(samples)
    assert SampleKeeping(samples, days=1.0).sweep(clock.time_s) == 1000
    assert kept(samples) == files(samples) == [new.id]
    with pytest.raises(Exception, match="is not kept any more"):
        samples.picture(old)


def test_what_is_of_no_use_goes_first_and_then_the_oldest(
    samples: SampleStore, clock: Hands
) -> None:
    made = []
    for _ in range(4):
        made.append(put(samples))
        clock.sleep(1.0)
    samples.skip(made[2].id, reviewer="ana")
    keeping = SampleKeeping(samples, limit_bytes=2500)
    assert keeping.sweep(clock.time_s) == 2000
    assert set(kept(samples)) == {made[1].id, made[3].id}
    assert keeping.size_bytes == 2000
    assert keeping.sweep(clock.time_s) == 0


def test_more_than_a_transaction_goes(samples: SampleStore, clock: Hands) -> None:
    for _ in range(120):
        put(samples, size_bytes=10)
    assert SampleKeeping(samples).shrink(1095) == 1100
    assert len(kept(samples)) == len(files(samples)) == 10
    assert SampleKeeping(samples).shrink(1e9) == 100
    assert kept(samples) == files(samples) == []


def test_files_and_rows_that_a_crash_tore_apart_go(samples: SampleStore, clock: Hands) -> None:
    whole, lost, orphan = put(samples), put(samples), put(samples)
    keeping = SampleKeeping(samples)
    keeping.mend(clock.time_s)
    samples.picture(lost).unlink()
    samples.forget([orphan.id])
    half = samples.folder.path / "2023-11-15/.half.jpg-17"
    half.write_bytes(b"half")
    os.utime(half, (NOON_S, NOON_S))
    young = samples.folder.path / "2023-11-15/young.jpg"
    young.write_bytes(b"its row is on its way")
    os.utime(young, (NOON_S + 100, NOON_S + 100))
    assert SampleKeeping(samples).mend(NOON_S + 120) == Mended(files_removed=2, rows_removed=1)
    assert kept(samples) == [whole.id]
    assert files(samples) == sorted([whole.id, "young"])
    assert not half.exists()


def test_the_account_of_a_budget_is_no_orphan(samples: SampleStore) -> None:
    account = samples.folder.path / "budget" / "gate.json"
    account.parent.mkdir(parents=True)
    account.write_text("{}")
    os.utime(account, (NOON_S, NOON_S))
    SampleKeeping(samples).mend(NOON_S + DAY_S)
    assert account.exists()


def test_a_folder_that_is_not_ours_costs_no_row(samples: SampleStore, tmp_path: Path) -> None:
    put(samples)
    away = SampleStore(samples.database, tmp_path / "not mounted")
    assert SampleKeeping(away).mend(NOON_S + DAY_S) == Mended()
    assert len(kept(samples)) == 1


def test_samples_count_among_all_and_go_before_clips(
    store: EventStore, tmp_path: Path, clock: Hands
) -> None:
    samples = SampleStore(store.database, tmp_path / "samples", clock=clock)
    put(samples)
    Retention(store, reserve_mb=1e12, beside=[SampleKeeping(samples)]).make_room(0)
    assert kept(samples) == files(samples) == []
