"""Vectors, masks, joints and whole-picture labels, on real pictures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vigil.core import Box, Detections, Frame, ModelCard, ModelError, as_array
from vigil.infer.classify import Classifier
from vigil.infer.embed import ModelEmbedder
from vigil.infer.pose import PoseEstimator
from vigil.media.pixels import frame_of_array
from vigil.stages.detect.segment import Segmenter

Known = Callable[[str], tuple[ModelCard, Path]]
Pictures = Callable[..., Frame]
CLIP = "videos/one-by-one-person-detection.mp4"
SAMPLES = "models/sample_images"

WOMAN, OTHER = Box(382, 17, 517, 405), Box(387, 4, 550, 374)

pytestmark = pytest.mark.data


def pixels(frame: Frame) -> np.ndarray:
    return frame.rgb(frame.width)


def boxes(*found: Box) -> Detections:
    scores = np.ones(len(found), np.float32)
    return Detections(boxes=as_array(found), scores=scores, labels=("person",) * len(found))


@pytest.mark.parametrize(
    "name", ["osnet-x025-msmt17", "person-reid-retail-0248", "person-reid-retail-0288"]
)
def test_one_person_is_nearer_to_herself_than_to_another(
    known: Known, picture: Pictures, name: str
) -> None:
    embedder = ModelEmbedder(*known(name))
    # Two moments of one woman, and another person.
    shown = [(96, WOMAN), (108, WOMAN), (250, OTHER)]

    vectors = np.concatenate(
        [
            embedder.embed_detections(picture(CLIP, index), boxes(box)).embeddings
            for index, box in shown
        ]
    )

    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    likeness = vectors @ vectors.T
    assert likeness[0, 1] > max(likeness[0, 2], likeness[1, 2]) + 0.1


def test_a_mirrored_picture_is_nearer_than_any_other(known: Known, picture: Pictures) -> None:
    cat, dog = picture(f"{SAMPLES}/cat_720p.jpg"), picture(f"{SAMPLES}/hot_dog.jpg")

    vectors = ModelEmbedder(*known("mobilenet-v1-embedding")).embed(
        [pixels(cat), pixels(cat)[:, ::-1].copy(), pixels(dog)]
    )

    assert vectors.shape == (3, 1024)
    likeness = vectors @ vectors.T
    assert likeness[0, 1] > 0.9
    assert likeness[0, 2] < 0.7


def test_boxes_at_the_very_edge_and_none_at_all_can_be_embedded(
    known: Known, picture: Pictures
) -> None:
    embedder = ModelEmbedder(*known("osnet-x025-msmt17"))
    frame = picture(f"{SAMPLES}/squat.bmp")

    edge = embedder.embed_detections(frame, boxes(Box(frame.width, 0, frame.width + 9, 5)))
    none = embedder.embed_detections(frame, boxes())

    assert edge.embeddings is not None
    assert edge.embeddings.shape == (1, 512)
    assert none.embeddings is not None
    assert len(none.embeddings) == 0


def test_joints_of_a_squatting_man_lie_on_him(known: Known, picture: Pictures) -> None:
    estimator = PoseEstimator(*known("movenet-lightning"))
    frame = picture(f"{SAMPLES}/squat.bmp")

    for pose in (estimator.estimate(frame), estimator.estimate(frame, Box(100, 125, 380, 605))):
        assert pose.points.shape == (17, 2)
        # Read off the picture.
        for name, x, y in [("nose", 297, 200), ("left hip", 190, 365), ("right ankle", 165, 540)]:
            assert np.hypot(*np.subtract(pose.point(name), (x, y))) < 30


@pytest.mark.parametrize(
    ("file", "label", "low", "high"),
    [("cat_720p.jpg", "cat", 0.35, 0.55), ("grace_hopper.bmp", "person", 0.55, 0.75)],
)
def test_masks_cover_what_is_there(
    known: Known, picture: Pictures, file: str, label: str, low: float, high: float
) -> None:
    frame = picture(f"{SAMPLES}/{file}")

    seen = Segmenter(*known("deeplab-v3-pascal")).segment(frame)

    rows, columns = seen.classes.shape
    assert columns / rows == pytest.approx(frame.width / frame.height, rel=0.01)
    assert low < seen.share(label) < high
    assert seen.share("sofa") == 0


def test_the_road_lies_below_and_not_in_the_sky(known: Known, picture: Pictures) -> None:
    frame = picture("videos/vehicle_survaillance.mp4", 60)

    seen = Segmenter(*known("road-segmentation-0001")).segment(frame)

    road = seen.mask("road")
    assert 0.15 < seen.share("road") < 0.4
    assert road[:100].mean() == 0
    assert road[400:, 500:700].mean() > 0.9


@pytest.mark.parametrize(
    ("file", "label"),
    [("cat_720p.jpg", "Egyptian cat"), ("parrot.jpg", "macaw"), ("hot_dog.jpg", "hotdog")],
)
def test_a_picture_is_named(known: Known, picture: Pictures, file: str, label: str) -> None:
    image = pixels(picture(f"{SAMPLES}/{file}"))

    (word, share), *_ = Classifier(*known("mobilenet-v2-imagenet")).classify(image)

    assert word.startswith(label)
    assert 0.5 < share <= 1


def test_each_class_refuses_a_model_of_another_kind(known: Known) -> None:
    detector = known("yolox-nano-416")

    for wrong in (ModelEmbedder, PoseEstimator, Segmenter, Classifier):
        with pytest.raises(ModelError, match="needed"):
            wrong(*detector)


def test_a_plain_array_is_fitted_as_a_frame_is(known: Known) -> None:
    embedder = ModelEmbedder(*known("osnet-x025-msmt17"))
    image = np.random.default_rng(0).integers(0, 255, (256, 128, 3), np.uint8)

    frame = frame_of_array(image)
    by_frame = embedder.embed_detections(frame, boxes(Box(0, 0, 128, 256))).embeddings
    by_array = embedder.embed([image])

    assert by_frame is not None
    np.testing.assert_allclose(by_frame, by_array, atol=1e-5)
