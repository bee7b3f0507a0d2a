"""Figures of a running watch: one flat record a camera, one a process."""

import os
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

import psutil

from vigil.pipeline.camera import Camera
from vigil.pipeline.sample_writer import SampleCounts
from vigil.pipeline.watch import Watch
from vigil.stages.gate.ledger import Tally
from vigil.stages.sense.actions import ActionCounts, ActionSense
from vigil.stages.sense.stills import StillSense


class CameraStats(TypedDict):
    """What one camera has done and how it is; counters grow from 0, `_s` are seconds."""

    state: str
    """`connecting`, `watching`, `offline` or `ended`."""
    reason: str
    silent: dict[str, str]
    """Algorithms that cannot be asked now, with the reason."""
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
    main_state: str
    """Of the stream that is kept only: a `state`; empty when there is none."""
    main_ring_bytes: int
    stretches: int
    audits: int
    audits_missed: int
    audit_weight: float
    """Sum of inverse probabilities; the next two likewise, so that cameras can be pooled."""
    audit_weight_squared: float
    audit_missed_weight: float
    miss_rate: float
    miss_rate_at_most: float
    read_crops: int
    """Crops given to readers."""
    read_told: int
    read_wanted: int
    """Tracks that a reader wanted, once for each reader: read, gone unread, or waiting."""
    read_gone: int
    read_waiting: int
    samples_kept: int
    samples_refused: int
    """Wanted, and no budget was left."""
    samples_missed: int
    """That the disk did not take, or not fast enough."""
    actions_asked: int
    """How often networks of clips ran."""
    actions_cpu_s: float
    """Processor time that they took."""
    actions_followed: int
    """Views and tracks that they follow now."""
    actions_held_bytes: int
    """What is remembered of them."""
    eased_pieces: int
    """Pieces of pictures that were enhanced for the detector."""
    eased_cpu_s: float
    """Processor seconds that they took, with the conversion to colour."""


class ProcessStats(TypedDict):
    """One process."""

    pid: int
    rss_bytes: int
    cpu_s: float
    unacknowledged: int
    """Steps that wait for the supervisor."""
    busy_s: float
    """For how long the present turn of the loop has lasted."""


class RecallStats(TypedDict):
    """What the recall ledgers of several cameras show together."""

    stretches: int
    audits: int
    audits_missed: int
    miss_rate: float
    miss_rate_at_most: float
    """Upper 95 % bound."""


class SiteStats(RecallStats):
    """One site, its cameras' ledgers pooled."""

    cameras: int
    watching: int
    """Of these."""


def camera_stats(camera: Camera) -> CameraStats:
    """A snapshot; counters may be a packet apart, the account of packets never is."""
    watch, account = camera.watch, camera.accounted()
    tally = watch.ledger.tally if watch.ledger else Tally()
    readings = watch.readings
    samples = watch.samples.counts if watch.samples is not None else SampleCounts()
    actions = next(
        (sense.counts for sense in watch.senses if isinstance(sense, ActionSense)), ActionCounts()
    )
    return CameraStats(
        state=camera.state,
        reason=camera.error or "",
        silent=_silent(watch),
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
        main_state=camera.main.state if camera.main else "",
        main_ring_bytes=camera.main.ring.size_bytes if camera.main else 0,
        stretches=tally.stretches,
        audits=tally.audits,
        audits_missed=tally.misses,
        audit_weight=tally.weight,
        audit_weight_squared=tally.weight_squared,
        audit_missed_weight=tally.missed_weight,
        miss_rate=tally.miss_rate,
        miss_rate_at_most=tally.at_most,
        read_crops=readings.crops,
        read_told=readings.told,
        read_wanted=readings.wanted,
        read_gone=readings.gone,
        read_waiting=readings.waiting,
        samples_kept=samples.kept,
        samples_refused=samples.refused,
        samples_missed=samples.missed,
        actions_asked=actions.asked,
        actions_cpu_s=round(actions.cpu_s, 3),
        actions_followed=actions.followed,
        actions_held_bytes=actions.held_bytes,
        eased_pieces=watch.easing.pieces,
        eased_cpu_s=round(watch.easing.spent_s, 3),
    )


def _silent(watch: Watch) -> dict[str, str]:
    stills = [sense for sense in watch.senses if isinstance(sense, StillSense)]
    return {name: reason for sense in stills for name, reason in sense.silent.items()}


def pooled_recall(cameras: Iterable[Mapping[str, Any]]) -> RecallStats:
    """The ledgers of `cameras` as one; those without figures, such as quarantined ones, add none.

    One camera's audits are few; many cameras together bound the miss rate much sooner.
    """
    pool = Tally()
    for figures in cameras:
        if "audit_weight" in figures:
            pool += tally_of(figures)
    return RecallStats(
        stretches=pool.stretches,
        audits=pool.audits,
        audits_missed=pool.misses,
        miss_rate=pool.miss_rate,
        miss_rate_at_most=pool.at_most,
    )


def site_stats(cameras: Iterable[Mapping[str, Any]]) -> dict[str, SiteStats]:
    """The figures of each `site` that the cameras name, in the order of their first camera."""
    by_site: dict[str, list[Mapping[str, Any]]] = {}
    for figures in cameras:
        by_site.setdefault(figures["site"], []).append(figures)
    return {
        site: SiteStats(
            cameras=len(found),
            watching=sum(figures["state"] == "watching" for figures in found),
            **pooled_recall(found),
        )
        for site, found in by_site.items()
    }


def tally_of(figures: Mapping[str, Any]) -> Tally:
    """The ledger that stands in a camera's figures."""
    return Tally(
        stretches=figures["stretches"],
        audits=figures["audits"],
        misses=figures["audits_missed"],
        weight=figures["audit_weight"],
        weight_squared=figures["audit_weight_squared"],
        missed_weight=figures["audit_missed_weight"],
    )


def process_stats(*, unacknowledged: int = 0, busy_s: float = 0.0) -> ProcessStats:
    """This process now."""
    process = psutil.Process()
    used = process.cpu_times()
    return ProcessStats(
        pid=os.getpid(),
        rss_bytes=process.memory_info().rss,
        cpu_s=used.user + used.system,
        unacknowledged=unacknowledged,
        busy_s=busy_s,
    )
