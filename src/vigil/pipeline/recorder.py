"""Writes the steps of all shards into the store, in order, and loses none."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from vigil.core import Clip, DiskFull, Step, StepKind, Store, StoreError, StoreUnavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A step that the store does not have yet."""

    step: Step
    clip: Clip | None
    acknowledge: Callable[[], None] = lambda: None
    begins: bool = False
    """Its event was not known before."""


class Recorder:
    """Between the shards and the store; safe to call from the readers of all shards.

    A step that the store cannot take now waits, and those that come later wait behind it. It is
    acknowledged once the store has it, so that the shard keeps its own copy until then.
    """

    def __init__(self, store: Store) -> None:
        self.events = 0
        """Events whose first step the store has."""
        self.refused = 0
        """Steps that the store will never take; each is in the log."""
        self._store = store
        self._held: deque[_Held] = deque()
        self._open: dict[int, dict[str, Step]] = {}
        self._is_trying = True
        self._one_at_a_time = threading.Lock()

    @property
    def waiting(self) -> int:
        """Steps that neither the database nor its spill has taken."""
        return len(self._held)

    def take(
        self,
        shard: int,
        step: Step,
        clip: Clip | None,
        acknowledge: Callable[[], None] = lambda: None,
    ) -> None:
        """Write a step of `shard`; call `acknowledge` as soon as it is safe."""
        with self._one_at_a_time:
            begins = self._begins(shard, step)
            self._held.append(_Held(step=step, clip=clip, acknowledge=acknowledge, begins=begins))
            if self._is_trying:
                self._write()

    def retry(self) -> None:
        """Try again to write what waits; call it now and then."""
        with self._one_at_a_time:
            self._write()

    def end_open(self, shard: int) -> None:
        """`shard` is gone: its open events end at the last moment known of them."""
        with self._one_at_a_time:
            for step in self._open.pop(shard, {}).values():
                ended = replace(step, kind=StepKind.END)
                self._held.append(_Held(step=ended, clip=None))
            if self._is_trying:
                self._write()

    def _begins(self, shard: int, step: Step) -> bool:
        """Keep the open events of `shard`; whether this step opens one."""
        steps = self._open.setdefault(shard, {})
        if step.kind is StepKind.END:
            steps.pop(step.event.id, None)
            return False
        # A finished clip brings the last step of its event once more.
        begins = step.kind is StepKind.NEW and step.event.id not in steps
        steps[step.event.id] = step
        return begins

    def _write(self) -> None:
        while self._held:
            held = self._held[0]
            try:
                self._store.record(held.step, held.clip)
            except (DiskFull, StoreUnavailable) as error:
                if self._is_trying:
                    log.error("steps wait in memory: the store takes none", reason=str(error))
                self._is_trying = False
                return
            except StoreError as error:
                self.refused += 1
                log.error("the store refused a step", id=held.step.event.id, reason=str(error))
            else:
                self.events += held.begins
            self._is_trying = True
            self._held.popleft()
            held.acknowledge()
