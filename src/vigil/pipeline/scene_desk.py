"""What is kept of a camera's scenes besides events: all of them, and figures by the minute."""

from collections.abc import Sequence

from vigil.core import Scene, Step
from vigil.pipeline.scene_log import SceneLog
from vigil.pipeline.tally import Tally


class SceneDesk:
    """Sees each scene before the rules do, and afterwards what they made of it."""

    def __init__(self, *, log: SceneLog | None = None, tally: Tally | None = None) -> None:
        self.log = log
        self.tally = tally

    def note(self, scene: Scene) -> Scene:
        """Keep a scene; return it as it is to be judged."""
        return self.log.note(scene) if self.log is not None else scene

    def judged(self, scene: Scene, steps: Sequence[Step]) -> None:
        """Count what the scene shows and what the rules told of it."""
        if self.tally is not None:
            self.tally.take(scene, steps)

    def close(self) -> None:
        """The stream has ended."""
        if self.tally is not None:
            self.tally.close()
        if self.log is not None:
            self.log.close()
