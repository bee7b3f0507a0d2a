"""Margins and their calibration on real CLIP vectors of names, which stand for pictures here."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vigil.brain.clip_card import ClipCard
from vigil.brain.matching import margin, unit
from vigil.brain.quiet import Ruler, Sketch, fitted
from vigil.infer.cards import known_labels

pytestmark = pytest.mark.data

CARD = ClipCard.model_validate(
    {"name": "names", "image": {"file": "i.onnx"}, "text": {"file": "t.onnx"}}
)
VEHICLES = ("car", "truck", "bus", "motorcycle", "bicycle")
OTHERS = ("dog", "cat", "person", "chair", "bottle", "potted plant", "bird", "tv")
LVIS_VEHICLES = frozenset(
    {
        "ambulance", "army_tank", "bicycle", "bulldozer", "bus_(vehicle)", "cab_(taxi)",
        "camper_(vehicle)", "car_(automobile)", "convertible_(automobile)", "dirt_bike",
        "fire_engine", "forklift", "freight_car", "garbage_truck", "golfcart", "jeep", "limousine",
        "minivan", "motor_scooter", "motor_vehicle", "motorcycle",
        "passenger_car_(part_of_a_train)",
        "pickup_truck", "police_cruiser", "race_car", "railcar_(part_of_a_train)", "school_bus",
        "tow_truck", "tractor_(farm_equipment)", "trailer_truck", "tricycle", "truck",
    }
)  # fmt: skip
PARTS = frozenset(
    {
        "bullet_train", "car_battery", "cart", "dashboard", "gasoline", "headlight",
        "horse_carriage", "hubcap", "license_plate", "motor", "rearview_mirror",
        "steering_wheel", "taillight", "train_(railroad_vehicle)", "wagon", "wagon_wheel", "wheel",
        "windshield_wiper",
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def coco(data: Callable[[str], Path]) -> dict[str, np.ndarray]:
    vectors = np.load(data("models/clip_text/coco_clip_a+cname.npy")).astype(np.float32)
    return dict(zip(known_labels("coco-80"), map(unit, vectors), strict=True))


@pytest.fixture(scope="module")
def lvis(data: Callable[[str], Path]) -> dict[str, np.ndarray]:
    vectors = np.load(data("models/clip_text/lvis_v1_clip_a+cname.npy")).astype(np.float32)
    about = json.loads(data("models/clip_text/lvis_v1_train_cat_info.json").read_text())
    return dict(zip((one["name"] for one in about), map(unit, vectors), strict=True))


@pytest.fixture(scope="module")
def vehicle(coco: dict[str, np.ndarray]) -> Callable[[np.ndarray], float]:
    """The margin of `a vehicle` over eight other things."""
    positive = unit(np.mean([coco[name] for name in VEHICLES], axis=0))
    negatives = np.stack([coco[name] for name in OTHERS])
    return lambda picture: margin(picture, positive, negatives, CARD)


def quiet_names(lvis: dict[str, np.ndarray]) -> list[str]:
    names = [name for name in lvis if name not in LVIS_VEHICLES | PARTS]
    return [names[at] for at in np.random.default_rng(0).permutation(len(names))]


def test_a_name_is_nearest_to_itself_or_to_another_word_for_it(
    coco: dict[str, np.ndarray], lvis: dict[str, np.ndarray]
) -> None:
    others = np.stack(list(lvis.values()))
    names = [name.partition("_(")[0].replace("_", " ") for name in lvis]
    nearest = {name: names[int(np.argmax(others @ vector))] for name, vector in coco.items()}
    other_words = {"couch": "sofa", "cell phone": "cellular telephone", "wine glass": "wineglass"}
    assert {name: nearest[name] for name in other_words} == other_words
    assert sum(name == found for name, found in nearest.items()) >= 55


def test_a_name_beats_its_negatives_both_ways(coco: dict[str, np.ndarray]) -> None:
    for first, second in (("person", "dog"), ("car", "bicycle"), ("knife", "fork"), ("cat", "dog")):
        there = margin(coco[first], coco[first], coco[second][None], CARD)
        back = margin(coco[second], coco[first], coco[second][None], CARD)
        assert there > 2, (first, second)
        assert back == pytest.approx(-there, abs=1e-3)


def test_vehicles_separate_from_a_thousand_other_things(
    lvis: dict[str, np.ndarray], vehicle: Callable[[np.ndarray], float]
) -> None:
    yes = np.array([vehicle(lvis[name]) for name in LVIS_VEHICLES])
    no = np.array([vehicle(lvis[name]) for name in quiet_names(lvis)])
    assert np.mean(yes[:, None] > no) > 0.99


@pytest.mark.parametrize("false_rate", [0.02, 0.05])
def test_a_ruler_made_of_quiet_names_holds_on_others(
    lvis: dict[str, np.ndarray], vehicle: Callable[[np.ndarray], float], false_rate: float
) -> None:
    quiet = [vehicle(lvis[name]) for name in quiet_names(lvis)]
    learnt = fitted(Sketch().with_(quiet[:500]), looks=1, false_rate=false_rate, sure=0.8)
    cold = Ruler(threshold=CARD.threshold, temperature=CARD.temperature)

    def share(ruler: Ruler, margins: list[float], low: float, high: float) -> float:
        return float(np.mean([low <= ruler.likelihood(one) <= high for one in margins]))

    vehicles = [vehicle(lvis[name]) for name in sorted(LVIS_VEHICLES)]
    assert share(learnt, quiet[500:], 0.8, 1) <= false_rate
    assert share(learnt, vehicles, 0.8, 1) >= 0.8
    assert share(learnt, vehicles, 0, 0.2) == 0
    # Of an unknown camera, it says less.
    assert share(cold, quiet[500:], 0, 0.2) < 0.5 < share(learnt, quiet[500:], 0, 0.2)
