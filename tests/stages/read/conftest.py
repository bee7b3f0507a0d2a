"""Real models in a registry, and single pictures of real footage."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from vigil.core import Crop
from vigil.infer.adding import add_model
from vigil.infer.registry import Registry

MODELS = (
    "models/pose/movenet_single_pose_lightning_ptq.tflite",
    "models/detect/face_detection_yunet_120x160.onnx",
    "models/detect/person-detection-retail-0013.xml",
)
Picture = Callable[[str, float], np.ndarray]
Cut = tuple[int, int, int, int]


@pytest.fixture(scope="session")
def models(data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    registry = Registry(tmp_path_factory.mktemp("models"))
    for name in MODELS:
        add_model(registry, str(data(name)), fetch=lambda _address, _path: None)
    return registry.folder


@pytest.fixture(scope="session")
def picture(data: Callable[[str], Path]) -> Picture:
    """The picture of a film at a second, RGB."""

    def at(name: str, second: float) -> np.ndarray:
        with av.open(str(data(name))) as container:
            stream = container.streams.video[0]
            container.seek(int(second / stream.time_base), stream=stream)
            for frame in container.decode(stream):
                if frame.time is not None and frame.time >= second - 0.02:
                    return frame.to_ndarray(format="rgb24")
        raise AssertionError(f"{name} has no picture at {second} s")

    return at


def crop(image: np.ndarray, cut: Cut, label: str) -> Crop:
    x1, y1, x2, y2 = cut
    return Crop(np.ascontiguousarray(image[max(0, y1) : y2, max(0, x1) : x2]), label)
