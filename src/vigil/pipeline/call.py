"""The call, beside the watch: decides what the store records, and tells people."""

import time
from collections.abc import Mapping
from typing import Any

import structlog

from vigil.config.alerts import Alerts
from vigil.config.app import App
from vigil.core import Alerter, Decision, Event, StoreError
from vigil.pipeline.alert_pictures import AlertPictures
from vigil.pipeline.alerting import Alerting
from vigil.pipeline.cases import Cases
from vigil.pipeline.decide import Decider
from vigil.pipeline.lanes import Lanes, Patience
from vigil.pipeline.loop_thread import LoopThread
from vigil.store import AlertStore, Connection, DeliveryStore, EventStore

log = structlog.get_logger(__name__)
COUNT_S = 10.0
"""Between two counts of dead letters."""
RETRY_S = 5.0
"""Between two attempts to start while the database is locked or down."""
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


class Call:
    """Judges and alerts of one store; `start` it, then `tend` it now and then."""

    def __init__(self, store: EventStore, app: App) -> None:
        """To be made before anything is recorded."""
        self._policy = app.alerts
        self._alerts = AlertStore(store.database)
        self._deliveries = DeliveryStore(store.database)
        self._cases = Cases(store, app)
        self._pictures = AlertPictures(store, self._cases)
        self._alerting = Alerting(app.alerts, self._alerts)
        self._lanes = Lanes(
            _receivers(app.alerts),
            self._deliveries,
            patience=_patience(app.alerts),
            picture=self._pictures,
        )
        self._post = LoopThread("alerts")
        self.decider = Decider(store, app, announce=self._announce, on_told=self._lanes.wake)
        self._given_up: Mapping[str, int] = {}
        self._next_count_s = 0.0
        self._next_tidy_s = 0.0
        self._next_start_s = 0.0

    def start(self) -> None:
        """Settle what is overdue, go on with what was left, and deliver.

        While the database is locked or down, `tend` tries again.
        """
        self.decider.start()
        self._post.start(self._lanes.run())

    def apply(self, app: App) -> None:
        """Cameras, their rules and masks have changed, or who is told of what."""
        self._cases.app = app
        self.decider.apply(app)
        if app.alerts != self._policy:
            self._tell_others(app.alerts)

    def tend(self) -> None:
        """Try again what the database refused, and forget what is long over."""
        now_s = time.monotonic()
        if not self.decider.started and now_s >= self._next_start_s:
            self._next_start_s = now_s + RETRY_S
            self.decider.start()
        if self.decider.started and now_s >= self._next_count_s:
            self._next_count_s = now_s + COUNT_S
            self._count()
        if self.decider.started and now_s >= self._next_tidy_s:
            self._next_tidy_s = now_s + HOUR_S
            self._tidy()

    def status(self) -> dict[str, Any]:
        """Figures for people and for Prometheus."""
        return self.decider.status() | {"alerts": self._delivered()}

    def close(self) -> None:
        """Put everything down; the next start goes on with it."""
        self.decider.close()
        self._post.close()
        self._pictures.close()

    def _announce(
        self, connection: Connection, event: Event, decision: Decision, *, over: bool
    ) -> None:
        if self._policy.sinks:
            self._alerting(connection, event, decision, over=over)

    def _tell_others(self, policy: Alerts) -> None:
        """Whatever is enqueued meanwhile waits in the database for its lane."""
        self._policy = self._alerting.policy = policy
        work = self._lanes.apply(_receivers(policy), patience=_patience(policy))
        self._post.start(work)
        log.info("alerts go by the changed file", sinks=sorted(policy.sinks))

    def _count(self) -> None:
        try:
            self._given_up = self._deliveries.dead_counts()
        except StoreError as error:
            log.warning("dead letters are not counted yet", reason=str(error))

    def _tidy(self) -> None:
        now_s = time.time()
        try:
            self.decider.durable.forget(before_s=now_s - DAY_S)
            self._alerts.forget(now_s=now_s, keep_s=self._policy.keep_days * DAY_S)
        except StoreError as error:
            log.warning("what is long over is not forgotten yet", reason=str(error))

    def _delivered(self) -> dict[str, Any]:
        return {
            name: {
                "delivered": lane.delivered,
                "failures": lane.failures,
                "given_up": self._given_up.get(name, 0),
            }
            for name, lane in self._lanes.lanes.items()
        }


def _receivers(policy: Alerts) -> dict[str, Alerter]:
    return {name: sink.to for name, sink in policy.sinks.items()}


def _patience(policy: Alerts) -> Patience:
    return Patience(give_up_s=policy.give_up_hours * HOUR_S)
