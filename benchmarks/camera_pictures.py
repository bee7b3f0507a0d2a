"""Draw the pictures of the camera rules' pages: `python -m benchmarks camera_pictures`.

Left the place as usual, right with what the rule tells of, both rendered. A frozen picture looks
well: left is what happens before it, right what it shows.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from vigil.core import Image
from vigil.sim.camera import Camera
from vigil.sim.mishaps import Covered, Darkness, Defocus, Turned
from vigil.sim.render import Renderer
from vigil.sim.scenes import SCENES
from vigil.sim.slope import Slope
from vigil.sim.world import Disturbance, Frozen, World

FOLDER = Path(__file__).parents[1] / "docs/rules/images"
BEFORE_S, AFTER_S = 4.0, 8.0
QUALITY = 82


def place() -> tuple[World, Camera]:
    script = SCENES["car_park"](1)
    return script.world, replace(script.cameras[0], width=320, height=180, stamp=False)


def shown(world: World, camera: Camera, *mishaps: Disturbance) -> Image:
    """Before and after, side by side."""
    view = Renderer(world=replace(world, disturbances=mishaps), camera=camera)
    left, right = (view.picture(time_s)[0] for time_s in (BEFORE_S, AFTER_S))
    gap = np.full((left.shape[0], 6, 3), 255, np.uint8)
    return np.hstack([left, gap, right])


def pictures() -> dict[str, Image]:
    world, camera = place()
    since = {"start_s": 6.0, "end_s": 60.0}
    aside = replace(camera, target=(12.0, 7.0, 1.0))
    foot_m = camera.target[1] + 3
    frozen, clocked = Frozen(start_s=BEFORE_S, end_s=60.0), replace(camera, stamp=True)
    truly, stuck = shown(world, clocked), shown(world, clocked, frozen)
    return {
        "camera_frozen": np.hstack([truly[:, camera.width + 6 :], stuck[:, camera.width :]]),
        "camera_covered": shown(world, camera, Covered(**since, share=0.8)),
        "camera_dark": shown(world, camera, Darkness(**since)),
        "camera_blurred": shown(world, camera, Defocus(**since, onset_s=1.0)),
        "camera_moved": shown(world, camera, Turned(**since, world=world, camera=aside)),
        "slope_collapse": shown(world, camera, Slope(foot_y_m=foot_m, slides_s=(5.0, 7.0), seed=2)),
    }


def main() -> int:
    for name, picture in pictures().items():
        path = FOLDER / f"{name}.jpg"
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        print(path)
    return 0
