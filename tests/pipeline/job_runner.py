"""A process that accepts a job, begins it, and is killed: `python job_runner.py PLACE LOG`."""

import asyncio
import sys
import time
from pathlib import Path

from vigil.pipeline.durable import Durable
from vigil.store.database import Database


def main(place: str, log: Path) -> None:
    async def work(_key: str) -> None:
        log.write_text("begun")
        await asyncio.sleep(600)
        log.write_text("done")

    database = Database(place if "://" in place else Path(place))
    jobs = Durable(database, poll_s=0.05)
    jobs.serve("jobs", work)
    jobs.launch()
    with database.writing() as connection:
        jobs.enqueue(connection, "jobs", "a")
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
