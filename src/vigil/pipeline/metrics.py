"""The figures of all shards as Prometheus metrics (text format 0.0.4)."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from vigil.core import ConfigError
from vigil.pipeline.call_metrics import of_call

COUNTERS = {
    "received": "Video packets that came from the camera",
    "processed": "Video packets that the watch took in",
    "dropped": "Video packets left out because the machine could not follow",
    "decoded": "Pictures decoded",
    "compared": "Pictures compared with the background",
    "looks": "Looks given to a detector",
    "wakes": "Times the camera was woken",
    "vetoes": "Openings of the gate that the detector did not confirm",
    "reconnects": "Times the connection was made anew",
    "stretches": "Stretches that the gate let pass",
    "audits": "Stretches that the recall ledger looked at again",
    "audits_missed": "Audits that found a wanted thing",
    "read_crops": "Crops given to readers",
    "read_told": "Crops that told a reader something",
    "read_wanted": "Tracks that a reader wanted, once for each reader",
    "read_gone": "Of these, gone before they were read",
    "samples_kept": "Pictures kept to learn from",
    "samples_refused": "Looks that were worth keeping when no budget was left",
    "samples_missed": "Pictures to learn from that the disk did not take",
    "actions_asked": "Times that a network of clips ran: a picture of a stream, or a whole clip",
    "actions_cpu_s": "Processor time of networks of clips, seconds",
    "eased_pieces": "Pieces of pictures that were enhanced for the detector",
    "eased_cpu_s": "Processor time for them, with the conversion to colour, seconds",
}
GAUGES = {
    "waiting": "Video packets in the queue",
    "tracks": "Things believed to be in view",
    "read_waiting": "Tracks that wait for a reader, once for each reader",
    "actions_followed": "Views and tracks that networks of clips follow",
    "actions_held_bytes": "What networks of clips remember of them, bytes",
    "key_gap_s": "Longest recent gap between key frames, seconds",
    "ring_bytes": "Encoded packets kept in memory, bytes",
    "main_ring_bytes": "Encoded packets of the main stream kept in memory, bytes",
    "miss_rate": "Estimated fraction of closed stretches that held a wanted thing",
    "miss_rate_at_most": "Upper 95 % bound of the miss rate",
}
SITE_COUNTERS = ("stretches", "audits", "audits_missed")
MISS_RATES = ("miss_rate", "miss_rate_at_most")
TOTALS = {
    "events_recorded": "Events whose first step is in the store",
    "steps_spilled": "Steps that had to wait on disk for the database",
    "steps_refused": "Steps that the database will never take",
    "lessons": "Events that became samples, or better ones, by what was said of them afterwards",
    "shard_restarts": "Shards started again after a crash",
}


class Figures:
    """Turns a snapshot of the figures into metrics whenever it is scraped."""

    def __init__(self, snapshot: Callable[[], Mapping[str, Any]]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        """All families; called by prometheus_client."""
        status = self._snapshot()
        yield from _of_cameras(status["cameras"])
        yield from _of_sites(status["sites"])
        yield from _of_processes({**status["processes"], **status["spares"]})
        for name, text in TOTALS.items():
            yield CounterMetricFamily(f"vigil_{name}", text, value=status[name])
        waiting = "Steps that neither the database nor the disk has taken"
        yield GaugeMetricFamily("vigil_steps_waiting", waiting, value=status["steps_waiting"])
        for name in MISS_RATES:
            text = f"{GAUGES[name]}, all cameras together"
            yield GaugeMetricFamily(f"vigil_{name}", text, value=status["recall"][name])
        yield from of_call(status["call"])


def _of_cameras(cameras: Mapping[str, Any]) -> Iterable[Metric]:
    for name, text in COUNTERS.items():
        counter = CounterMetricFamily(f"vigil_camera_{name}", text, labels=["camera"])
        for camera, figures in cameras.items():
            if name in figures:
                counter.add_metric([camera], figures[name])
        yield counter
    for name, text in GAUGES.items():
        gauge = GaugeMetricFamily(f"vigil_camera_{name}", text, labels=["camera"])
        for camera, figures in cameras.items():
            if figures.get(name) is not None:
                gauge.add_metric([camera], figures[name])
        yield gauge
    up = GaugeMetricFamily(
        "vigil_camera_up", "1 while the camera is watched", labels=["camera", "state"]
    )
    site = GaugeMetricFamily("vigil_camera_info", "Always 1", labels=["camera", "site"])
    for camera, figures in cameras.items():
        up.add_metric([camera, figures["state"]], float(figures["state"] == "watching"))
        site.add_metric([camera, figures["site"]], 1.0)
    yield up
    yield site


def _of_sites(sites: Mapping[str, Any]) -> Iterable[Metric]:
    for name in SITE_COUNTERS:
        text = f"{COUNTERS[name]}, all cameras of the site"
        counter = CounterMetricFamily(f"vigil_site_{name}", text, labels=["site"])
        for site, figures in sites.items():
            counter.add_metric([site], figures[name])
        yield counter
    for name in MISS_RATES:
        text = f"{GAUGES[name]}, all cameras of the site"
        gauge = GaugeMetricFamily(f"vigil_site_{name}", text, labels=["site"])
        for site, figures in sites.items():
            gauge.add_metric([site], figures[name])
        yield gauge


def _of_processes(processes: Mapping[str, Any]) -> Iterable[Metric]:
    memory = GaugeMetricFamily(
        "vigil_process_resident_bytes", "Resident memory", labels=["process"]
    )
    cpu = CounterMetricFamily(
        "vigil_process_cpu_seconds", "Processor time, user and system", labels=["process"]
    )
    for process, figures in processes.items():
        memory.add_metric([process], figures["rss_bytes"])
        cpu.add_metric([process], figures["cpu_s"])
    yield memory
    yield cpu


def serve_metrics(
    host: str, port: int, snapshot: Callable[[], Mapping[str, Any]]
) -> Callable[[], None]:
    """Serve on `host`:`port` until the returned function is called.

    Raises ConfigError when the port is taken.
    """
    registry = CollectorRegistry()
    registry.register(Figures(snapshot))
    try:
        server, _thread = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise ConfigError(f"metrics: cannot listen on {host}:{port}: {error.strerror}") from error

    def close() -> None:
        # The server looks up twice a second only; nobody has to wait for that.
        threading.Thread(target=server.shutdown, daemon=True).start()
        server.server_close()

    return close
