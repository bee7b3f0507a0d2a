"""The figures of judging and telling as Prometheus metrics."""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


def of_call(call: Mapping[str, Any]) -> Iterable[Metric]:
    """All families of what `Call.status` says."""
    yield _decisions(call["decisions"])
    yield from _seconds(call["seconds"], call["verdicts"])
    yield GaugeMetricFamily(
        "vigil_judging", "Events that are before their judges", value=call["judging"]
    )
    brain = call["brain"]
    yield _counted("vigil_brain_calls", "Questions to large models", "result", brain["calls"])
    yield _counted("vigil_brain_shed", "Questions that were not asked", "why", brain["shed"])
    yield CounterMetricFamily(
        "vigil_brain_shared",
        "Events that got the answer of another event of their incident or about the same thing",
        value=brain["shared"],
    )
    yield GaugeMetricFamily(
        "vigil_brain_waiting", "Questions that wait for a large model", value=brain["waiting"]
    )
    yield from _alerts(call["alerts"])


def _decisions(decisions: Iterable[Mapping[str, Any]]) -> Metric:
    counter = CounterMetricFamily(
        "vigil_decisions",
        "Events by how they were decided; one that is amended counts once more",
        labels=["outcome", "reason"],
    )
    for each in decisions:
        counter.add_metric([each["outcome"], each["reason"]], each["events"])
    return counter


def _seconds(seconds: Mapping[str, float], verdicts: int) -> Iterable[Metric]:
    spent = CounterMetricFamily(
        "vigil_verdict_seconds", "Time from an event's record to its verdict", labels=["stage"]
    )
    for stage, total_s in seconds.items():
        spent.add_metric([stage], total_s)
    yield spent
    yield CounterMetricFamily("vigil_verdicts", "Verdicts that were reached", value=verdicts)


def _alerts(sinks: Mapping[str, Mapping[str, int]]) -> Iterable[Metric]:
    delivered = CounterMetricFamily(
        "vigil_alerts_delivered", "Messages that a receiver has", labels=["sink"]
    )
    failing = GaugeMetricFamily(
        "vigil_alerts_failures", "Attempts that failed since one did not", labels=["sink"]
    )
    given_up = GaugeMetricFamily(
        "vigil_alerts_given_up",
        "Dead letters: messages that are not tried any more",
        labels=["sink"],
    )
    for sink, figures in sinks.items():
        given_up.add_metric([sink], figures["given_up"])
        delivered.add_metric([sink], figures["delivered"])
        failing.add_metric([sink], figures["failures"])
    yield delivered
    yield failing
    yield given_up


def _counted(name: str, text: str, label: str, counts: Mapping[str, int]) -> Metric:
    counter = CounterMetricFamily(name, text, labels=[label])
    for value, count in counts.items():
        counter.add_metric([value], count)
    return counter
