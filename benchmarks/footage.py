"""Films for benchmarks: rendered once, kept in a cache, the same on every machine."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vigil.media.encode import H264Options
from vigil.sim.film import write_spliced_film
from vigil.sim.scenes import SceneScript, traffic

DATA = Path(
    os.environ.get("VIGIL_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
YOLOX = DATA / "models" / "detect" / "yolox_nano_416.onnx"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "vigil-benchmarks"
RECIPE = 3
"""Goes up when the rendering changes, so that old films are not used."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What a film is to show; two equal shots are the same film."""

    visits: int
    seconds: float
    width: int = 640
    rate: float = 12.0
    size: Literal["small", "large"] = "large"
    night: bool = False
    bit_rate: int | None = None
    """Constant, bits a second; None: constant quality."""
    seed: int = 0

    @property
    def name(self) -> str:
        """Tells people what it is."""
        control = f"{self.bit_rate // 1000}k" if self.bit_rate else "crf"
        light = "night" if self.night else "day"
        return f"{self.width}-{self.size}-{light}-{control}-{self.visits}in{self.seconds:.0f}s"

    def script(self) -> SceneScript:
        """The world that is filmed, and its true events."""
        return traffic(
            events=self.visits,
            seconds=self.seconds,
            height_px=self.size,
            night=self.night,
            seed=self.seed,
            width=self.width,
            rate=self.rate,
        )


def film(shot: Shot) -> Path:
    """The film of a shot; takes as long as it lasts, the first time."""
    digest = hashlib.sha256(f"{RECIPE} {shot}".encode()).hexdigest()[:10]
    path = CACHE / f"{shot.name}-{digest}.mp4"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    script = shot.script()
    options = H264Options(bit_rate=shot.bit_rate, key_every=round(2 * shot.rate))
    unfinished = path.with_suffix(".part.mp4")
    write_spliced_film(unfinished, script.world, script.cameras[0], options=options)
    unfinished.replace(path)
    return path
