"""The model that a name stands for now, swapped without a restart."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from vigil.core import Clock, ModelCard, ModelError
from vigil.infer.registry import Registry, Stamp
from vigil.infer.session import Session, open_session

LOG = structlog.get_logger(__name__)
CHECK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenModel:
    """A card and the session that runs its weights."""

    card: ModelCard
    session: Session

    @classmethod
    def of(cls, card: ModelCard, folder: Path) -> "OpenModel":
        """Open weights that no registry keeps; raises `ModelError`."""
        return cls(card=card, session=open_session(card, folder))


class LiveModel:
    """Opens a model of the registry and follows its pointer, keeping the old one on failure."""

    def __init__(
        self,
        registry: Registry,
        reference: str,
        *,
        check: Callable[[OpenModel], object],
        clock: Clock,
    ) -> None:
        """Store what is needed; `check` raises `ModelError` for a model that is of no use."""
        self._registry = registry
        self._reference = reference
        self._check = check
        self._clock = clock
        self._open: OpenModel | None = None
        self._stamp: Stamp | None = None
        self._checked_s = 0.0

    def current(self) -> OpenModel:
        """The open model, after a look at the pointer when a second has passed.

        Raises `ModelError` when nothing is open yet and the named model fails its checks.
        """
        now_s = self._clock.monotonic_s()
        if self._open is None:
            self._stamp = self._registry.stamp(self._reference)
            self._open = self._opened()
            self._checked_s = now_s
        elif now_s - self._checked_s >= CHECK_EVERY_S:
            self._checked_s = now_s
            self._open = self._followed(self._open)
        return self._open

    def _followed(self, old: OpenModel) -> OpenModel:
        stamp = self._registry.stamp(self._reference)
        if stamp == self._stamp:
            return old
        # Remembered before it is tried, so that a bad model is refused once and not each second.
        self._stamp = stamp
        try:
            new = self._opened()
        except (ModelError, OSError) as error:
            LOG.error("model refused", kept=old.card.id, reason=str(error))
            return old
        LOG.info("model swapped", old=old.card.id, new=new.card.id)
        return new

    def _opened(self) -> OpenModel:
        card, session = self._registry.open_verified(self._reference)
        model = OpenModel(card=card, session=session)
        self._check(model)
        return model
