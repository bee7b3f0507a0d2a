"""For how long after an event no other begins: about the same zone, or the same thing."""

from collections.abc import Hashable, Iterable

from vigil.stages.rules.moment import Moment

ANY = "any"


class CoolDown:
    """Remembers what ended when, for as long as that keeps anything from beginning."""

    def __init__(self, seconds: float, *, per_track: bool) -> None:
        self._seconds = seconds
        self._per_track = per_track
        self._ended: dict[Hashable, float] = {}  # lived seconds

    def note(self, lived_s: float, key: Hashable, track_ids: Iterable[int]) -> None:
        """An event has ended."""
        if self._seconds > 0:
            self._ended |= dict.fromkeys(self._names(key, track_ids), lived_s)

    def over(self, moment: Moment, key: Hashable, track_ids: Iterable[int]) -> bool:
        """Whether an event may begin."""
        if not self._ended:
            return True
        self._ended = {
            name: ended_s
            for name, ended_s in self._ended.items()
            if not moment.passed(ended_s, self._seconds)
        }
        return not any(name in self._ended for name in self._names(key, track_ids))

    def _names(self, key: Hashable, track_ids: Iterable[int]) -> list[Hashable]:
        # A thing may come back under its own id and yet be a new one to the rule, or the reverse.
        return [("key", key), *track_ids] if self._per_track else [ANY]
