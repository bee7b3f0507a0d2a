"""The model that a name stands for now, swapped without a restart."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog

from vigil.core import Clock, ModelCard
from vigil.infer.registry import Registry, Stamp
from vigil.infer.session import Precision, Session, open_session

LOG = structlog.get_logger(__name__)
CHECK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenModel:
    """A card and the session that runs its weights."""

    card: ModelCard
    session: Session

    @classmethod
    def of(cls, card: ModelCard, folder: Path, precision: Precision = "f32") -> "OpenModel":
        """Open weights that no registry keeps; raises `ModelError`."""
        return cls(card=card, session=open_session(card, folder, precision=precision))


class LiveModel:
    """Opens a model of the registry and follows its pointer, keeping the old one on failure.

    A new model is opened and checked beside the old one, which goes on answering meanwhile.
    """

    def __init__(
        self,
        registry: Registry,
        reference: str,
        *,
        check: Callable[[OpenModel], object],
        clock: Clock,
        precision: Precision = "f32",
        on_swap: Callable[[OpenModel, OpenModel], object] = lambda old, new: None,
    ) -> None:
        """Store what is needed; `check` raises `ModelError` for a model that is of no use.

        `on_swap`: called with the old and the new one, in the thread that asks for it.
        """
        self._registry = registry
        self._reference = reference
        self._check = check
        self._clock = clock
        self._precision: Precision = precision
        self._on_swap = on_swap
        self._open: OpenModel | None = None
        self._coming: Future[OpenModel] | None = None
        self._stamp: Stamp | None = None
        self._checked_s = 0.0

    def current(self) -> OpenModel:
        """The open model, after a look at the pointer when a second has passed.

        Raises `ModelError` when nothing is open yet and the named model fails its checks.
        """
        if self._open is None:
            self._stamp = self._registry.stamp(self._reference)
            self._open = self._opened()
            self._checked_s = self._clock.monotonic_s()
        self._look_at_pointer()
        if self._coming is not None and self._coming.done():
            self._open, self._coming = self._swapped(self._open, self._coming), None
        return self._open

    def settled(self) -> OpenModel:
        """The same, after a model that is being opened has been put in or refused."""
        self.current()
        if self._coming is not None:
            self._coming.exception()  # waits; `current` reads the outcome
        return self.current()

    def _look_at_pointer(self) -> None:
        now_s = self._clock.monotonic_s()
        if self._coming is not None or now_s - self._checked_s < CHECK_EVERY_S:
            return
        self._checked_s = now_s
        stamp = self._registry.stamp(self._reference)
        if stamp != self._stamp:
            # Remembered before it is tried, so that a bad model is refused once, not each second.
            self._stamp = stamp
            worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="open-model")
            self._coming = worker.submit(self._opened)
            worker.shutdown(wait=False)

    def _swapped(self, old: OpenModel, coming: Future[OpenModel]) -> OpenModel:
        try:
            new = coming.result()
        except Exception as error:  # noqa: BLE001  whatever ails the new one, the old one works
            LOG.error("model refused", kept=old.card.id, reason=str(error))
            return old
        LOG.info("model swapped", old=old.card.id, new=new.card.id)
        self._on_swap(old, new)
        return new

    def _opened(self) -> OpenModel:
        card, session = self._registry.open_verified(self._reference, precision=self._precision)
        model = OpenModel(card=card, session=session)
        self._check(model)
        return model
