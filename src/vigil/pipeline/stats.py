"""Figures of a running watch: one flat record a camera, one a process."""

import os
from typing import TypedDict

import psutil

from vigil.pipeline.camera import Camera


class CameraStats(TypedDict):
    """What one camera has done and how it is; counters grow from 0, `_s` are seconds."""

    state: str
    """`watching`, `connecting`, `offline`, `ended`, `quarantined` or `refused`."""
    reason: str
    rung: str
    received: int
    processed: int
    dropped: int
    waiting: int
    decoded: int
    compared: int
    looks: int
    wakes: int
    vetoes: int
    reconnects: int
    tracks: int
    key_gap_s: float | None
    ring_bytes: int
    audits: int
    audits_missed: int
    miss_rate: float
    miss_rate_at_most: float


class ProcessStats(TypedDict):
    """One process."""

    pid: int
    rss_bytes: int
    cpu_s: float
    unacknowledged: int


def camera_stats(camera: Camera) -> CameraStats:
    """A snapshot; counters may be a packet apart, the account of packets never is."""
    watch, account = camera.watch, camera.accounted()
    tally = watch.ledger.tally if watch.ledger else None
    return CameraStats(
        state=camera.state,
        reason=camera.error or "",
        rung=watch.rung.name.lower(),
        received=account.received,
        processed=account.processed,
        dropped=account.dropped,
        waiting=account.waiting,
        decoded=watch.counts.decoded,
        compared=watch.counts.compared,
        looks=watch.counts.looks,
        wakes=watch.counts.wakes,
        vetoes=watch.counts.vetoes,
        reconnects=camera.reconnects,
        tracks=len(watch.scene.tracks) if watch.scene else 0,
        key_gap_s=watch.ladder.spacing.gap_s,
        ring_bytes=watch.ring.size_bytes,
        audits=tally.audits if tally else 0,
        audits_missed=tally.misses if tally else 0,
        miss_rate=tally.miss_rate if tally else 0.0,
        miss_rate_at_most=tally.at_most if tally else 1.0,
    )


def process_stats(*, unacknowledged: int = 0) -> ProcessStats:
    """This process now."""
    process = psutil.Process()
    used = process.cpu_times()
    return ProcessStats(
        pid=os.getpid(),
        rss_bytes=process.memory_info().rss,
        cpu_s=used.user + used.system,
        unacknowledged=unacknowledged,
    )
