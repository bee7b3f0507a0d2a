"""A process that records events with clips until it is killed, and says which ones are safe.

`python recorder.py HOME [unsafe]`; `unsafe` leaves out every sync, so that a test can see what a
power cut then destroys.
"""

import os
import sqlite3
import sys
import time
from pathlib import Path

from store_values import a_step, an_event, put_clip

from vigil.core import StepKind, uuid7
from vigil.store import EventStore, Retention, SteadyStore, database


def without_syncs(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = OFF")


def main(home: Path, *, unsafe: bool) -> None:
    if unsafe:
        database._prepare_sqlite = without_syncs
        os.fsync = lambda _handle: None
    store = EventStore(home / "events.db", home / "clips")
    steady = SteadyStore(store, Retention(store, reserve_mb=0), home / "spill")
    steady.start()
    while True:
        now_s = time.time()
        happened = an_event(now_s, id=uuid7(now_s))
        clip = put_clip(home / "clips", happened.id, start_s=now_s, size_bytes=2000)
        steady.record(a_step(happened), clip)
        print(happened.id, flush=True)
        longer = put_clip(home / "clips", f"{happened.id}-end", start_s=now_s, seconds=20)
        steady.record(a_step(happened, StepKind.END, 9), longer)
        # An id of its own says that the end, too, was accepted.
        print(f"{happened.id} end", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), unsafe="unsafe" in sys.argv)
