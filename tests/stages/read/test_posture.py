"""Postures: of drawn joints, and of real people who stand, sit and have fallen."""

from pathlib import Path

import numpy as np
import pytest

from vigil.core import Crop
from vigil.infer.pose import Pose
from vigil.stages.read.body import held
from vigil.stages.read.posture import Posture

from .conftest import crop

NAMES = (
    "nose",
    "left eye",
    "right eye",
    "left ear",
    "right ear",
    "left shoulder",
    "right shoulder",
    "left elbow",
    "right elbow",
    "left wrist",
    "right wrist",
    "left hip",
    "right hip",
    "left knee",
    "right knee",
    "left ankle",
    "right ankle",
)
HEAD, SHOULDERS, HIPS, KNEES, ANKLES = (50, 12), (50, 25), (50, 55), (50, 75), (50, 95)


def body(*, turned: float = 0.0, score: float = 0.8, **places: tuple[float, float]) -> Pose:
    """Joints of somebody upright in a picture of 100 x 100, some elsewhere, all turned."""
    where = {"shoulder": SHOULDERS, "elbow": (50, 40), "wrist": (50, 55), "hip": HIPS,
             "knee": KNEES, "ankle": ANKLES} | places  # fmt: skip
    points = []
    for name in NAMES:
        side, _, joint = name.rpartition(" ")
        x, y = where.get(joint, HEAD)
        points.append((x + {"left": 5, "right": -5}.get(side, 0), y))
    angle = np.radians(turned)
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned_points = (np.array(points, np.float32) - 50) @ spin.T + 50
    return Pose(
        points=turned_points.astype(np.float32),
        scores=np.full(len(NAMES), score, np.float32),
        names=NAMES,
    )


@pytest.mark.parametrize(
    ("pose", "word"),
    [
        (body(), "upright"),
        (body(turned=90), "lying"),
        (body(turned=-80), "lying"),
        (body(turned=15), "upright"),
        (body(shoulder=(78, 35), elbow=(80, 50), wrist=(80, 60)), "bent"),
        (body(knee=(78, 60), ankle=(78, 90)), "sitting"),
        (body(knee=(50, 63), ankle=(50, 90)), "sitting"),
    ],
)
def test_joints_have_a_word(pose, word):
    assert held(pose, 100.0).word == word


@pytest.mark.parametrize("turned", [0, 90, -90])
def test_a_mirrored_body_holds_itself_alike(turned):
    pose = body(turned=turned, knee=(60, 75))
    mirrored = Pose(points=pose.points * (-1, 1) + (100, 0), scores=pose.scores, names=NAMES)
    assert held(mirrored, 100.0).word == held(pose, 100.0).word


def test_what_is_not_seen_is_not_told():
    assert held(body(score=0.1), 100.0) is None


def test_knees_below_the_picture_are_no_sign_of_sitting():
    found = held(body(knee=(78, 60), ankle=(78, 61)), 61.0)
    assert found.word == "upright"
    assert found.score <= 0.5


@pytest.fixture(scope="module")
def posture(models: Path) -> Posture:
    return Posture(registry=models)


@pytest.mark.data
def test_who_stands_is_upright(posture, picture):
    stands = crop(picture("action/up_fall/A07_S1_T1_C1.mp4", 3.0), (220, 60, 460, 480), "person")
    assert posture.one(stands).word == "upright"


@pytest.mark.data
@pytest.mark.parametrize("name", ["fall-06", "fall-08", "fall-12"])
def test_a_fall_ends_with_somebody_lying(posture, picture, name):
    words = []
    for second in (0.3, 2.7):
        image = picture(f"action/urfd/{name}-cam0.mp4", second)
        half = np.ascontiguousarray(image[:, image.shape[1] // 2 :])
        found = posture.one(Crop(half, "person"))
        words.append(found.word if found else "")
    assert words[0] != "lying"
    assert words[1] == "lying"


def test_who_changes_is_read_again_as_often_as_asked():
    assert Posture(most_hz=5.0).again_s == pytest.approx(0.2)
