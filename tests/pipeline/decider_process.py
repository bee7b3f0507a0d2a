"""A process that records events to be decided, and is killed.

`python decider_process.py PLACE CLIPS LOG [apart]` records until it is killed, and writes the id of
each event once it is accepted. Its judges never answer. With `apart` it accepts the job in a
transaction of its own, after that of the event, and is killed in between.
"""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.pipeline.deciding import Follows, Judge, an_event, app_with, put_film

from vigil.core import Step, StepKind
from vigil.pipeline.decide import QUEUE, Decider
from vigil.store import EventStore


def main(place: str, clips: Path, log: Path, *, apart: bool) -> None:
    store = EventStore(place if "://" in place else Path(place), clips)
    app = app_with(Judge(seconds=3600), decide={"deadline_s": 3, "first_s": 0})
    decider = Decider(store, app, poll_s=0.05)
    decider.start()
    if apart:
        Follows(store)
    while True:
        event = an_event()
        clip = put_film(clips, event, seconds=2)
        store.record(Step(kind=StepKind.NEW, event=event, time_s=event.start_s), clip)
        with log.open("a") as file:
            file.write(f"{event.id}\n")
        if apart:
            os.kill(os.getpid(), signal.SIGKILL)
            with store.database.writing() as connection:
                decider.durable.enqueue(connection, QUEUE, event.id)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), apart="apart" in sys.argv)
