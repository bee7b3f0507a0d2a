"""What rules about the camera itself have in common."""

from abc import ABC, abstractmethod

from vigil.core import Rung, Scene, Step, part
from vigil.stages.rules.life import Lives, Sighting
from vigil.stages.rules.moment import Lifetime, Moment
from vigil.stages.rules.settings import RuleSettings, Seconds
from vigil.stages.rules.words import Phrase

KEY = "camera"
NO_LABELS = frozenset({""})
"""No detector knows the empty word, so nothing is looked for on such a rule's account."""
NOTICEABLE_S = 1.0
"""A shorter fault is the rhythm of packets, or two pictures that happen to be alike."""


@part
class CameraRule(RuleSettings, ABC):
    """One event from when a fault began until the camera has been well for `steady_s`.

    A rule says with `fault_s` for how long its fault has lasted.
    """

    longer_than_s: Seconds = 5.0
    """A fault that is over sooner raises nothing."""
    steady_s: Seconds = 2.0
    """Seconds without the fault after which the event ends; a camera that flaps is one event."""

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._lives = Lives(self)
        self._lifetime = Lifetime()
        self._well_lived_s: float | None = None

    @property
    def needs(self) -> Rung:
        return Rung.PACKETS

    @property
    def number_words(self) -> Phrase:
        """What `{number}` stands for in the claim."""
        return ("", "")

    @property
    def wants(self) -> frozenset[str]:
        return NO_LABELS

    def update(self, scene: Scene) -> list[Step]:
        if scene.health is None:
            return []
        moment = self._lifetime.at(scene)
        steps = self._lives.tick(moment)
        fault_s = self.fault_s(moment)
        if fault_s is None:
            return steps
        ill = fault_s >= NOTICEABLE_S
        return steps + (self._ill(moment, fault_s) if ill else self._well(moment))

    def close(self, time_s: float) -> list[Step]:
        steps = self._lives.end_all(time_s)
        self._begin()
        return steps

    @abstractmethod
    def fault_s(self, moment: Moment) -> float | None:
        """For how long the fault has lasted, 0 for none; None when nobody can tell.

        Called for each scene that tells of the camera's health.
        """

    def _ill(self, moment: Moment, fault_s: float) -> list[Step]:
        self._well_lived_s = None
        if fault_s < self.longer_than_s and KEY not in self._lives:
            return []
        return self._tell(moment, fault_s)

    def _well(self, moment: Moment) -> list[Step]:
        if KEY not in self._lives:
            return []
        steps = []
        if self._well_lived_s is None:
            self._well_lived_s = moment.lived_s
            steps = self._tell(moment, 0.0)  # the fault lasted until now
        if moment.passed(self._well_lived_s, self.steady_s):
            steps += self._lives.end(KEY, moment)
        return steps

    def _tell(self, moment: Moment, fault_s: float) -> list[Step]:
        sighting = Sighting(
            start_s=moment.time_s - fault_s,
            end_s=moment.time_s,
            claims=self.claims(
                label="camera", seconds=self.longer_than_s, number=self.number_words
            ),
        )
        return self._lives.hold(KEY, moment, sighting)
