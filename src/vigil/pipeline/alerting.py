"""From what happens to an event to messages on their way, within one transaction."""

from dataclasses import replace
from string import Template

from vigil.config.alerts import Alerts
from vigil.core import Alert, Clock, Decision, Event, SystemClock
from vigil.stages.alert.policy import HOUR_S, News, Plan, Situation, plan
from vigil.store import AlertStore, Connection


class Alerting:
    """Decides who is told, and remembers it. To be called for all that happens to an event."""

    def __init__(self, policy: Alerts, store: AlertStore, *, clock: Clock | None = None) -> None:
        self.policy = policy
        self.store = store
        self._clock = clock or SystemClock()

    def __call__(
        self, connection: Connection, event: Event, decision: Decision, *, over: bool
    ) -> None:
        """Enqueue what people are to be told of it; see `tell`."""
        self.tell(connection, News(event=event, decision=decision, over=over))

    def tell(self, connection: Connection, news: News) -> Plan:
        """Enqueue messages as part of the transaction of `connection` (`Database.writing`).

        Call it last in the transaction, and `Lanes.wake` when that is committed; the same news
        twice is told once. Returns what was enqueued, or why nothing was.
        """
        now_s = self._clock.now_s()
        self.store.take_turns(connection)
        found = plan(self.policy, news, self._situation(connection, news, now_s), now_s=now_s)
        if found.record is not None:
            self.store.save(connection, found.record)
        for message in found.messages:
            linked = self._linked(message)
            self.store.enqueue(connection, linked, found.sinks, now_s=now_s)
        return found

    def _situation(self, connection: Connection, news: News, now_s: float) -> Situation:
        event, store = news.event, self.store
        incident = news.decision.incident
        capped = [name for name, sink in self.policy.sinks.items() if sink.most_per_hour]
        return Situation(
            known=store.find(connection, event_id=event.id, incident=incident),
            last=store.last_told(connection, rule=event.rule, source=event.source),
            silences=store.silences(connection, now_s=now_s),
            opened=store.opened_since(connection, now_s - HOUR_S, capped),
        )

    def _linked(self, message: Alert) -> Alert:
        if self.policy.link is None:
            return message
        ids = {"event": message.event.id, "alert": message.id}
        return replace(message, clip_url=Template(self.policy.link).substitute(ids))
