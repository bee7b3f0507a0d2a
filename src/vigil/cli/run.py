"""`vigil run`: all cameras of a file, until told to stop."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from vigil.cli.signals import stop_on_signals
from vigil.config.app import Metrics, Retain
from vigil.config.home import Home, claimed, open_home
from vigil.config.reload import ConfigWatcher, changes
from vigil.core import ConfigError, StoreError
from vigil.pipeline.call import Call
from vigil.pipeline.hindsight import Hindsight
from vigil.pipeline.metrics import serve_metrics
from vigil.pipeline.status_file import remove_status, write_status
from vigil.pipeline.supervisor import Supervisor
from vigil.store import EventStore, Retention, SampleStore, SteadyStore
from vigil.store.claim import Claim
from vigil.store.sample_keeping import SampleKeeping
from vigil.store.scene_folder import SceneFolder
from vigil.store.stat_store import StatStore

log = structlog.get_logger(__name__)
CLAIM_S = 3.0
"""How long one that was killed a moment ago may still hold the database."""
SWEEP_S, DAY_S = 60.0, 86_400.0


def run(
    config: Annotated[Path, typer.Argument(help="The configuration file.")] = Path("vigil.yaml"),
) -> None:
    """Watch all cameras of a file and take up its changes. · 按配置文件值守所有摄像机。"""
    run_until(stop_on_signals(), config)


def run_until(stop: threading.Event, config: Path) -> None:
    """The same until `stop` is set. Raises ConfigError for a file that is wrong from the start."""
    watcher = ConfigWatcher(config)
    home = open_home(watcher.app.home, server=watcher.app.database)
    with claimed(home):
        _run(stop, watcher, home)


def _run(stop: threading.Event, watcher: ConfigWatcher, home: Home) -> None:
    app = watcher.app
    events = EventStore(home.database, home.clips)
    claim = Claim(events.database)
    claim.hold(wait_s=CLAIM_S)
    store = SteadyStore(events, retention(events, app.retain, home), home.spill)
    call = Call(events, app)
    store.start()
    call.start()
    stats = StatStore(events.database)
    samples = SampleStore(events.database, home.samples)
    supervisor = Supervisor(home=home, store=store, stats=stats, samples=samples)
    hindsight = Hindsight(events, samples, app, home=home)
    hindsight.start()

    def figures() -> dict[str, Any]:
        return supervisor.status() | {
            "steps_spilled": store.spilled,
            "lessons": hindsight.taken,
            "call": call.status(),
        }

    close_metrics = _metrics(app.metrics, figures)
    try:
        supervisor.apply(app)
        log.info("watching", cameras=len(app.cameras), home=str(home.path))
        _tend(stop, watcher, supervisor, store, call, hindsight, claim, home, figures)
    finally:
        supervisor.close()
        close_metrics()
        # What was still waiting is recorded before nobody follows it any more.
        store.close()
        call.close()
        hindsight.close()
        events.close()
        claim.close()
        remove_status(home)
        log.info("stopped", events=supervisor.recorder.events)


def retention(events: EventStore, retain: Retain, home: Home) -> Retention:
    """What the file says about keeping, as the store understands it."""
    scenes, samples = (
        None if most is None else most * 1e9 for most in (retain.scenes_gb, retain.samples_gb)
    )
    kept = SampleStore(events.database, home.samples)
    return Retention(
        events,
        days=retain.days,
        gb=retain.gb,
        reserve_mb=retain.reserve_mb,
        beside=(
            SceneFolder(home.scenes, days=retain.scenes_days, limit_bytes=scenes),
            SampleKeeping(kept, days=retain.samples_days, limit_bytes=samples),
        ),
    )


def forget_old(stats: StatStore, retain: Retain, now_s: float) -> None:
    """Let figures go that are older than the file says."""
    if retain.stats_days is None:
        return
    try:
        stats.forget(now_s - retain.stats_days * DAY_S)
    except StoreError as error:
        log.warning("old figures stay", reason=str(error))


def _metrics(wanted: Metrics | None, figures: Callable[[], dict[str, Any]]) -> Callable[[], None]:
    if wanted is None:
        return lambda: None
    return serve_metrics(wanted.host, wanted.port, figures)


def _tend(
    stop: threading.Event,
    watcher: ConfigWatcher,
    supervisor: Supervisor,
    store: SteadyStore,
    call: Call,
    hindsight: Hindsight,
    claim: Claim,
    home: Home,
    figures: Callable[[], dict[str, Any]],
) -> None:
    next_sweep_s = 0.0
    while not stop.wait(1.0):
        claim.hold()
        _take_up(watcher, supervisor, store, call, hindsight, home)
        supervisor.tend()
        call.tend()
        write_status(home, figures(), time_s=time.time())
        try:
            store.replay()
        except (StoreError, OSError) as error:
            log.warning("steps that wait on the disk were not written", reason=str(error))
        if time.monotonic() >= next_sweep_s:
            next_sweep_s = time.monotonic() + SWEEP_S
            store.sweep()
            forget_old(StatStore(store.store.database), watcher.app.retain, time.time())


def _take_up(
    watcher: ConfigWatcher,
    supervisor: Supervisor,
    store: SteadyStore,
    call: Call,
    hindsight: Hindsight,
    home: Home,
) -> None:
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
        store.retention = retention(store.store, app.retain, home)
    supervisor.apply(app)
    call.apply(app)
    hindsight.apply(app)
