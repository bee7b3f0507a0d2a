"""`vigil run`: all cameras of a file, until told to stop."""

import signal
import threading
import time
from pathlib import Path
from typing import Annotated

import structlog
import typer

from vigil.config.app import Retain
from vigil.config.home import open_home
from vigil.config.reload import ConfigWatcher, changes
from vigil.core import ConfigError
from vigil.pipeline.metrics import serve_metrics
from vigil.pipeline.status_file import write_status
from vigil.pipeline.supervisor import Supervisor
from vigil.store import EventStore, Retention, SteadyStore

log = structlog.get_logger(__name__)
SWEEP_S = 60.0


def run(
    config: Annotated[Path, typer.Argument(help="The configuration file.")] = Path("vigil.yaml"),
) -> None:
    """Watch all cameras of a file and take up its changes. · 按配置文件值守所有摄像机。"""
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run_until(stop, config)


def run_until(stop: threading.Event, config: Path) -> None:
    """The same until `stop` is set. Raises ConfigError for a file that is wrong from the start."""
    watcher = ConfigWatcher(config)
    app = watcher.app
    home = open_home(app.home)
    events = EventStore(home.database, home.clips)
    store = SteadyStore(events, retention(events, app.retain), home.spill)
    store.start()
    supervisor = Supervisor(home=home, store=store)
    close_metrics = (
        serve_metrics(app.metrics.host, app.metrics.port, supervisor.status)
        if app.metrics
        else lambda: None
    )
    try:
        supervisor.apply(app)
        log.info("watching", cameras=len(app.cameras), home=str(home.path))
        next_sweep_s = 0.0
        while not stop.wait(1.0):
            _take_up(watcher, supervisor, store)
            supervisor.tend()
            store.replay()
            write_status(home, supervisor.status(), time_s=time.time())
            if time.monotonic() >= next_sweep_s:
                next_sweep_s = time.monotonic() + SWEEP_S
                store.retention.sweep(time.time())
    finally:
        supervisor.close()
        close_metrics()
        store.close()
        log.info("stopped", events=supervisor.events_recorded)


def retention(events: EventStore, retain: Retain) -> Retention:
    """What the file says about keeping, as the store understands it."""
    return Retention(events, days=retain.days, gb=retain.gb, reserve_mb=retain.reserve_mb)


def _take_up(watcher: ConfigWatcher, supervisor: Supervisor, store: SteadyStore) -> None:
    before = watcher.app
    try:
        app = watcher.poll()
    except ConfigError as error:
        for problem in error.problems:
            log.error("changed file not taken up", problem=problem)
        return
    if app is None:
        return
    found = changes(before, app)
    log.info("file changed", added=found.added, changed=found.changed, removed=found.removed)
    for setting in found.restart_needed:
        log.warning("takes effect at the next start", setting=setting)
    if found.retain:
        store.retention = retention(store.store, app.retain)
    supervisor.apply(app)
