"""The figures of all shards as Prometheus metrics (text format 0.0.4)."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from vigil.core import ConfigError

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
    "audits": "Closed stretches that the recall ledger looked at again",
    "audits_missed": "Audits that found a wanted thing",
}
GAUGES = {
    "waiting": "Video packets in the queue",
    "tracks": "Things believed to be in view",
    "key_gap_s": "Longest recent gap between key frames, seconds",
    "ring_bytes": "Encoded packets kept in memory, bytes",
    "miss_rate": "Estimated fraction of closed stretches that held a wanted thing",
    "miss_rate_at_most": "Upper 95 % bound of the miss rate",
}


class Figures:
    """Turns a snapshot of `Supervisor.status` into metrics whenever it is scraped."""

    def __init__(self, snapshot: Callable[[], Mapping[str, Any]]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        """All families; called by prometheus_client."""
        status = self._snapshot()
        cameras = status["cameras"]
        for name, text in COUNTERS.items():
            counter = CounterMetricFamily(f"vigil_camera_{name}", text, labels=["camera"])
            for camera, figures in cameras.items():
                counter.add_metric([camera], figures.get(name) or 0)
            yield counter
        for name, text in GAUGES.items():
            gauge = GaugeMetricFamily(f"vigil_camera_{name}", text, labels=["camera"])
            for camera, figures in cameras.items():
                if figures.get(name) is not None:
                    gauge.add_metric([camera], figures[name])
            yield gauge
        yield from self._of_system(status)

    def _of_system(self, status: Mapping[str, Any]) -> Iterable[Metric]:
        up = GaugeMetricFamily(
            "vigil_camera_up", "1 while the camera is watched", labels=["camera", "state"]
        )
        for camera, figures in status["cameras"].items():
            up.add_metric([camera, figures["state"]], float(figures["state"] == "watching"))
        yield up
        for name, text in (("rss_bytes", "Resident memory"), ("cpu_s", "Processor time, seconds")):
            gauge = GaugeMetricFamily(f"vigil_process_{name}", text, labels=["process"])
            for process, figures in status["processes"].items():
                gauge.add_metric([process], figures[name])
            yield gauge
        for name, text in (
            ("events_recorded", "Events written to the database"),
            ("steps_spilled", "Steps waiting on disk for the database"),
            ("shard_restarts", "Shards started again after a crash"),
        ):
            yield CounterMetricFamily(f"vigil_{name}", text, value=status[name])


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
