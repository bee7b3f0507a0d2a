"""The call, beside the watch: decides what the store records, and tells people."""

import time
from typing import Any

import structlog

from vigil.config.app import App
from vigil.core import StoreError
from vigil.pipeline.alert_pictures import AlertPictures
from vigil.pipeline.alerting import Alerting
from vigil.pipeline.cases import Cases
from vigil.pipeline.decide import Decider
from vigil.pipeline.lanes import Lanes, Patience
from vigil.pipeline.loop_thread import LoopThread
from vigil.store import AlertStore, DeliveryStore, EventStore

log = structlog.get_logger(__name__)
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
        self._lanes = Lanes(
            {name: sink.to for name, sink in app.alerts.sinks.items()},
            self._deliveries,
            patience=Patience(give_up_s=app.alerts.give_up_hours * HOUR_S),
            picture=self._pictures,
        )
        self._post = LoopThread("alerts") if app.alerts.sinks else None
        self.decider = Decider(
            store,
            app,
            announce=Alerting(app.alerts, self._alerts) if app.alerts.sinks else None,
            on_told=self._lanes.wake,
        )
        self._next_tidy_s = 0.0
        self._next_start_s = 0.0

    def start(self) -> None:
        """Settle what is overdue, go on with what was left, and deliver.

        While the database is locked or down, `tend` tries again.
        """
        self.decider.start()
        if self._post is not None:
            self._post.start(self._lanes.run())

    def apply(self, app: App) -> None:
        """Cameras, their rules and masks have changed."""
        self._cases.app = app
        self.decider.apply(app)

    def tend(self) -> None:
        """Try again what the database refused, and forget what is long over."""
        now_s = time.monotonic()
        if not self.decider.started and now_s >= self._next_start_s:
            self._next_start_s = now_s + RETRY_S
            self.decider.start()
        if self.decider.started and now_s >= self._next_tidy_s:
            self._next_tidy_s = now_s + HOUR_S
            self._tidy()

    def status(self) -> dict[str, Any]:
        """Figures for people and for Prometheus."""
        return self.decider.status() | {"alerts": self._delivered()}

    def close(self) -> None:
        """Put everything down; the next start goes on with it."""
        self.decider.close()
        if self._post is not None:
            self._post.close()
        self._pictures.close()

    def _tidy(self) -> None:
        now_s = time.time()
        try:
            self.decider.durable.forget(before_s=now_s - DAY_S)
            self._alerts.forget(now_s=now_s, keep_s=self._policy.keep_days * DAY_S)
        except StoreError as error:
            log.warning("what is long over is not forgotten yet", reason=str(error))

    def _delivered(self) -> dict[str, Any]:
        return {
            name: {"delivered": lane.delivered, "failures": lane.failures}
            for name, lane in self._lanes.lanes.items()
        }
