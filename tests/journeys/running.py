"""`vigil run` as a process, and what can be asked of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vigil.config.home import open_home
from vigil.core import VigilError
from vigil.pipeline.status_file import read_status
from vigil.store import EventStore, StoredEvent

COMMAND = [str(Path(sys.executable).with_name("vigil"))]
"""As it was installed: shards import the script that started them."""


class Running:
    """A `vigil run` whose log goes to a file."""

    def __init__(self, config: Path, log: Path) -> None:
        self.config = config
        self.log_file = log
        self.home = open_home()
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [*COMMAND, "run", str(config)], stdout=file, stderr=file, env={**os.environ}
            )

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")

    def status(self) -> dict[str, Any]:
        """What was last told; empty before the first word."""
        try:
            return read_status(self.home, now_s=time.time())
        except VigilError:
            return {}

    def camera(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.status().get("cameras", {}).get(name, {})
        return found

    def pid_of(self, name: str) -> int:
        status = self.status()
        pid: int = status["processes"][f"shard-{status['cameras'][name]['shard']}"]["pid"]
        return pid

    def events(self, rule: str) -> list[StoredEvent]:
        store = EventStore(self.home.database, self.home.clips)
        try:
            return store.events(rule=rule)
        finally:
            store.close()

    def clip(self, uri: str) -> Path:
        store = EventStore(self.home.database, self.home.clips)
        try:
            return store.clip_path(uri)
        finally:
            store.close()

    def end(self, number: int, *, within_s: float = 6.0) -> float:
        """Send a signal and wait; seconds until it had ended with code 0."""
        self.process.send_signal(number)
        began_s = time.monotonic()
        assert self.process.wait(within_s) == 0, self.log
        return time.monotonic() - began_s


def write_config(path: Path, cameras: dict[str, Any], **top: Any) -> None:
    """Replace the file in one step, as editors do."""
    fresh = path.with_suffix(".new")
    # JSON is YAML.
    # How a watch runs is what is tested here: no process need open weights for that.
    usual = {"metrics": "off", "detector": "motion"}
    fresh.write_text(json.dumps({**usual, **top, "cameras": cameras}, default=str))
    fresh.replace(path)


def wait_for(what: Callable[[], Any], *, within_s: float = 40.0) -> Any:
    """What `what` returns as soon as it is true; fails when it does not come true in time."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {within_s} s")
