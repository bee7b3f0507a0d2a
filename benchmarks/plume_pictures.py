"""Draw the pictures of the pages of fire and smoke: `python -m benchmarks plume_pictures`.

Rendered scenes through the sense and the rule; the red box is what the rule told.
"""

import cv2
import numpy as np

from benchmarks.rule_pictures import FOLDER
from vigil.core import Box, Scene, Signals
from vigil.media.pixels import frame_of_array
from vigil.sim.camera import Camera
from vigil.sim.distractors import Distraction
from vigil.sim.flames import Flames
from vigil.sim.lamps import HI_VIS
from vigil.sim.render import Renderer
from vigil.sim.route import Route
from vigil.sim.sites import car_park
from vigil.sim.smoke import Smoke as SmokeCloud
from vigil.sim.world import Walker, World
from vigil.stages.rules.fire import Fire
from vigil.stages.rules.smoke import Smoke
from vigil.stages.sense.plumes import PlumeSense

CAMERA = Camera(position=(0.0, -8.0, 4.2), width=480, height=270, rate=12.5)
RED = (215, 38, 61)


def told(thing: Distraction, rule: Fire | Smoke, until_s: float) -> np.ndarray:
    """The last picture, with the box of the open event."""
    walker = Walker(
        id=1, looks=HI_VIS, route=Route(points=((-7, 3), (9, 1.5)), start_s=3.0, speed_m_s=1.0)
    )
    # Without a detector that knows people, whoever walks through smoke would be part of it.
    walkers = (walker,) if isinstance(rule, Fire) else ()
    world = World(site=car_park(), seconds=until_s, actors=walkers, disturbances=(thing,))
    view, sense = Renderer(world=world, camera=CAMERA), PlumeSense()
    picture, box = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8), Box(0, 0, 0, 0)
    for number in range(int(until_s * CAMERA.rate)):
        time_s = number / CAMERA.rate
        picture, _ = view.picture(time_s)
        sense.see(frame_of_array(picture, time_s=time_s), None)
        scene = Scene(
            source="page", time_s=time_s, width=CAMERA.width, height=CAMERA.height,
            signals=sense.tell(Signals()),
        )  # fmt: skip
        for step in rule.update(scene):
            box = step.event.box or box
    corners = [round(side) for side in box]
    cv2.rectangle(picture, tuple(corners[:2]), tuple(corners[2:]), RED, 2)
    return picture


def main() -> int:
    flames = Flames(position=(1.0, 2.2, 0), start_s=2.0, end_s=99, grows_s=5.0, seed=2)
    cloud = SmokeCloud(
        position=(1.0, 3.0, 0), start_s=3.0, end_s=99, thickens_s=5.0, thick=0.9, seed=2
    )
    for name, thing, rule, until_s in (
        ("fire", flames, Fire(update_s=0.0), 10.0),
        ("smoke", cloud, Smoke(update_s=0.0), 15.0),
    ):
        path = FOLDER / f"{name}.jpg"
        picture = told(thing, rule, until_s)
        cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
        print(path)
    return 0
