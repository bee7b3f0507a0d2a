"""What Prometheus reads."""

import socket
import urllib.request
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vigil.core import ConfigError
from vigil.pipeline.metrics import COUNTERS, GAUGES, serve_metrics
from vigil.pipeline.stats import pooled_recall, site_stats

CAMERA: dict[str, Any] = {
    "site": "yard",
    "state": "watching",
    "reason": "",
    **dict.fromkeys(COUNTERS, 7),
    **dict.fromkeys(GAUGES, 0.5),
    "audit_weight": 70.0,
    "audit_weight_squared": 700.0,
    "audit_missed_weight": 7.0,
}
CAMERAS = {
    "gate 门": CAMERA,
    "bad": {"site": "roof", "state": "quarantined", "reason": "crashed"},
}
STATUS: dict[str, Any] = {
    "cameras": CAMERAS,
    "sites": site_stats(CAMERAS.values()),
    "recall": {"miss_rate": 0.1, "miss_rate_at_most": 0.4},
    "processes": {"shard-1": {"pid": 1, "rss_bytes": 2**20, "cpu_s": 3.5}},
    "spares": {"spare-2": {"pid": 2, "rss_bytes": 2**10, "cpu_s": 0.5}},
    "events_recorded": 5,
    "steps_spilled": 1,
    "steps_refused": 0,
    "steps_waiting": 2,
    "lessons": 0,
    "shard_restarts": 3,
    "call": {
        "judging": 2,
        "decisions": [
            {"outcome": "confirmed", "reason": "", "events": 4},
            {"outcome": "unverified", "reason": "deadline", "events": 1},
        ],
        "verdicts": 4,
        "seconds": {"queue": 1.5, "total": 6.0},
        "percentiles_s": {"total": {"p50": 1.0, "p95": 2.0, "p99": 3.0}},
        "brain": {"waiting": 3, "calls": {"answered": 5}, "shed": {"stale": 2}, "shared": 1},
        "alerts": {"room": {"delivered": 9, "failures": 1, "given_up": 3}},
    },
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_scrape_holds_every_figure() -> None:
    port = free_port()
    close = serve_metrics("127.0.0.1", port, lambda: STATUS)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    finally:
        close()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    for name in COUNTERS:
        assert samples[f"vigil_camera_{name}_total", "gate 门"] == 7
    for name in GAUGES:
        assert samples[f"vigil_camera_{name}", "gate 门"] == 0.5
    assert samples["vigil_camera_up", "gate 门", "watching"] == 1
    assert samples["vigil_camera_up", "bad", "quarantined"] == 0
    assert samples["vigil_camera_info", "gate 门", "yard"] == 1
    assert samples["vigil_site_audits_total", "yard"] == 7
    assert samples["vigil_site_miss_rate", "yard"] == pytest.approx(0.1)
    assert samples["vigil_site_miss_rate_at_most", "roof"] == 1.0, "nobody has looked there yet"
    assert samples["vigil_process_cpu_seconds_total", "shard-1"] == 3.5
    assert samples["vigil_process_resident_bytes", "spare-2"] == 2**10
    assert samples["vigil_miss_rate_at_most",] == 0.4
    assert samples["vigil_events_recorded_total",] == 5
    assert samples["vigil_steps_waiting",] == 2
    assert samples["vigil_decisions_total", "confirmed", ""] == 4
    assert samples["vigil_decisions_total", "unverified", "deadline"] == 1
    assert samples["vigil_verdict_seconds_total", "total"] == 6.0
    assert samples["vigil_verdicts_total",] == 4
    assert samples["vigil_judging",] == 2
    assert samples["vigil_brain_calls_total", "answered"] == 5
    assert samples["vigil_brain_shed_total", "stale"] == 2
    assert samples["vigil_brain_shared_total",] == 1
    assert samples["vigil_brain_waiting",] == 3
    assert samples["vigil_alerts_delivered_total", "room"] == 9
    assert samples["vigil_alerts_failures", "room"] == 1
    assert samples["vigil_alerts_given_up", "room"] == 3


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"metrics: cannot listen on 127.0.0.1:{port}: ") as e:
            serve_metrics("127.0.0.1", port, lambda: STATUS)
    assert len(e.value.problems) == 1


def test_pooled_ledgers_bound_the_miss_rate_closer_than_one_camera_can() -> None:
    quiet = CAMERA | {"audits": 40, "audits_missed": 0, "stretches": 400}
    quiet |= {"audit_weight": 400.0, "audit_weight_squared": 4000.0, "audit_missed_weight": 0.0}
    one, ten = pooled_recall([quiet]), pooled_recall([quiet] * 10)
    assert (ten["audits"], ten["stretches"], ten["miss_rate"]) == (400, 4000, 0.0)
    assert one["miss_rate_at_most"] == pytest.approx(1 - 0.05 ** (1 / 40))
    assert ten["miss_rate_at_most"] == pytest.approx(1 - 0.05 ** (1 / 400))


def test_cameras_without_figures_add_nothing_to_the_pool() -> None:
    found = pooled_recall([{"state": "quarantined", "reason": ""}])
    assert (found["audits"], found["miss_rate"], found["miss_rate_at_most"]) == (0, 0.0, 1.0)


def test_ledgers_are_pooled_by_site() -> None:
    quarantined = {"site": "roof", "state": "quarantined", "reason": ""}
    offline = CAMERA | {"state": "offline", "site": "roof"}
    found = site_stats([CAMERA, offline, quarantined, CAMERA])
    assert list(found) == ["yard", "roof"]
    figures = {site: (s["cameras"], s["watching"], s["audits"]) for site, s in found.items()}
    assert figures == {"yard": (2, 2, 14), "roof": (2, 0, 7)}
    assert found["yard"]["miss_rate_at_most"] < found["roof"]["miss_rate_at_most"]
