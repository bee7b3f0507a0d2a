"""The picture that goes with an alert: made when it is sent, once for all receivers."""

import asyncio
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from vigil.core import Alert, StoreError
from vigil.pipeline.cases import Cases, in_clip
from vigil.pipeline.snapshot import snapshot
from vigil.store import EventStore

log = structlog.get_logger(__name__)
WAIT_S = 5.0
"""An alert does not wait longer for its picture."""
KEPT = 8
"""Pictures that are remembered, since several receivers want the same at the same time."""


class AlertPictures:
    """Cuts them from clips, masked as their cameras are, in one thread of its own."""

    def __init__(self, store: EventStore, cases: Cases, *, wait_s: float = WAIT_S) -> None:
        self._store = store
        self._cases = cases
        self._wait_s = wait_s
        # Of its own: a clip that cannot be read to its end must not hold up the alerts.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="alert-pictures")
        self._late: Future[bytes] | None = None
        self._made: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    async def __call__(self, alert: Alert) -> bytes:
        """A JPEG, its box drawn; empty where there is none to be had in time."""
        if self._late is not None and not self._late.done():
            return b""  # the thread is still busy with what came too late
        work = self._thread.submit(self._picture, alert)
        try:
            async with asyncio.timeout(self._wait_s):
                return await asyncio.wrap_future(work)
        except TimeoutError:
            self._late = work
            log.warning("alert goes without its picture", alert=alert.id)
        except Exception:
            # The alert matters more than its picture, whatever ails that.
            log.exception("alert goes without its picture", alert=alert.id)
        return b""

    def close(self) -> None:
        """Let the thread go; nobody waits for it."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _picture(self, alert: Alert) -> bytes:
        which = (alert.id, alert.sequence)
        found = self._made.get(which)
        if not found:
            found = self._cut(alert)
            self._made[which] = found
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return found

    def _cut(self, alert: Alert) -> bytes:
        stored = self._store.event(alert.event.id)
        if stored is None:
            return b""
        try:
            footage = self._cases.case(stored).footage
        except StoreError:
            return b""  # no clip yet, or none any more
        shown = alert.event if stored.clip is None else in_clip(alert.event, stored.clip)
        return snapshot(footage, shown)
