"""What many rules ask of one scene, worked out once."""

from vigil.core import Box, Scene, Track
from vigil.stages.rules.geometry import Area, stand
from vigil.stages.rules.moment import ROUNDING_S


class Places(dict[Box, bool]):
    """Whether a box of one scene stands in one area."""

    def __init__(self, area: Area, scene: Scene) -> None:
        super().__init__()
        self._area, self._scene = area, scene

    def __missing__(self, box: Box) -> bool:
        inside = self[box] = self._area.holds(stand(box, self._scene))
        return inside


class Digest:
    """Answers about one scene. They are shared: nobody changes what they are given."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        measured_s = scene.time_s - ROUNDING_S
        self.measured = [track for track in scene.tracks if track.last_seen_s >= measured_s]
        """The tracks that this very moment shows."""
        self.believed = [track for track in scene.tracks if track.last_seen_s < measured_s]
        """The others."""
        self.believed_ids = frozenset([track.id for track in self.believed])
        self.read = [track for track in scene.tracks if track.readings]
        """Tracks of which a reader has told anything."""
        self._measured: dict[tuple[str, ...], list[Track]] = {}
        self._all_sure: dict[tuple[tuple[str, ...], float], bool] = {}
        self._places: dict[Area, Places] = {}

    def seen(self, labels: tuple[str, ...]) -> list[Track]:
        """Measured tracks of these labels; of any where none is named."""
        found = self._measured.get(labels)
        if found is None:
            found = self.measured
            if labels:
                found = [track for track in found if track.label in labels]
            self._measured[labels] = found
        return found

    def all_sure(self, labels: tuple[str, ...], min_score: float) -> bool:
        """Whether each of those was found at least so surely."""
        key = (labels, min_score)
        known = self._all_sure.get(key)
        if known is None:
            known = all([track.score >= min_score for track in self.seen(labels)])
            self._all_sure[key] = known
        return known

    def places(self, area: Area) -> Places:
        """Whether boxes stand in an area."""
        places = self._places.get(area)
        if places is None:
            places = self._places[area] = Places(area, self._scene)
        return places


def digest(scene: Scene) -> Digest:
    """The digest of a scene, made for the first who asks."""
    return scene.once(Digest)
