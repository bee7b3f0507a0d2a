"""Scores are fitted, calibrated on what they had not seen, and kept as a few readable numbers."""

import json

import numpy as np
import pytest

from vigil.core import Ruling
from vigil.stages.verify import fitting
from vigil.stages.verify.fitting import MISS_RATE, banded, calibration_error
from vigil.stages.verify.looking import Find
from vigil.stages.verify.reasons import PHRASES, words
from vigil.stages.verify.scoring import (
    FARTHEST,
    Part,
    Score,
    fitted_scores,
    score_from,
    score_json,
)

NAMES = ("seen", "structure", "noise")
Samples = tuple[list[dict[str, float]], list[bool], list[int]]


def fit(*samples: object, **known: object) -> Score:
    (score,) = banded([fitting.fit(*samples, **known)])  # type: ignore[arg-type]
    return score


def samples(count: int = 600, seed: int = 0) -> Samples:
    """True with log-odds 3 (seen - 0.5) + 2 structure; noise says nothing; 12 films."""
    random = np.random.default_rng(seed)
    seen, structure, noise = random.uniform(0, 1, count), *random.normal(0, 1, (2, count))
    odds = 3 * (seen - 0.5) + 2 * structure
    true = random.random(count) < 1 / (1 + np.exp(-odds))
    rows = [
        {"seen": float(a), "structure": float(b), "noise": float(c)}
        for a, b, c in zip(seen, structure, noise, strict=True)
    ]
    return rows, true.tolist(), random.integers(0, 12, count).tolist()


def test_a_fit_finds_what_matters() -> None:
    score = fit(NAMES, *samples())
    weights = {one.name: one.weight for one in score.weights}
    assert weights["structure"] > weights["seen"] > 3 * abs(weights["noise"])
    likely = score.likelihood({"seen": 1.0, "structure": 1.5, "noise": 0.0})
    unlikely = score.likelihood({"seen": 0.0, "structure": -1.5, "noise": 0.0})
    assert likely > 0.95
    assert unlikely < 0.05


def test_likelihoods_are_calibrated_on_other_samples() -> None:
    score = fit(NAMES, *samples())
    rows, truths, _ = samples(2000, seed=1)
    likelihoods = [score.likelihood(row) for row in rows]
    assert calibration_error(likelihoods, truths) < 0.05


def test_the_band_holds_on_other_samples() -> None:
    score = fit(NAMES, *samples(3000))
    rows, truths, _ = samples(3000, seed=1)
    rulings = [score.band.ruling(score.likelihood(row)) for row in rows]
    of_true = [ruling for ruling, true in zip(rulings, truths, strict=True) if true]
    assert of_true.count(Ruling.REJECTED) / len(of_true) < 0.03
    assert of_true.count(Ruling.CONFIRMED) / len(of_true) > 0.3


def test_what_was_not_measured_says_nothing() -> None:
    score = fit(NAMES, *samples())
    mean = {one.name: one.mean for one in score.weights}
    partly = {"seen": 0.9}
    assert score.likelihood(partly) == pytest.approx(score.likelihood(mean | partly))
    assert [part.name for part in score.parts(partly)] == ["seen"]


def test_nothing_is_extrapolated() -> None:
    score = fit(NAMES, *samples())
    (structure,) = (one for one in score.weights if one.name == "structure")
    far = structure.mean + FARTHEST * structure.scale
    assert score.likelihood({"structure": 1e9}) == score.likelihood({"structure": far})


def test_doubts_weaken_what_they_speak_against() -> None:
    rows, truths, groups = samples()
    doubts = [{"seen": 0.5, "structure": -3.0, "noise": 0.0}] * 60

    def weight(score) -> float:
        return next(one.weight for one in score.weights if one.name == "structure")

    plain, careful = fit(NAMES, rows, truths, groups), fit(
        NAMES, rows, truths, groups, doubts=doubts
    )  # fmt: skip
    assert weight(careful) < 0.8 * weight(plain)
    assert careful.fitted["samples"] == plain.fitted["samples"] == len(rows)


def test_the_band_is_a_bound_at_every_age_and_spares_what_is_proven() -> None:
    rows, truths, groups = samples(1200)
    ages = ["glance"] * 600 + ["young"] * 600
    both = fit(NAMES, rows, truths, groups, ages=ages)
    assert both.fitted["miss_bound"] <= MISS_RATE
    assert both.band.low <= fit(NAMES, rows, truths, groups).band.low
    spared = fit(NAMES, rows, truths, groups, ages=ages, proven=truths)
    assert spared.band.low > both.band.low
    assert spared.fitted["missed"] == 0


def test_scores_share_a_band_that_holds_for_all_of_them() -> None:
    many, few = (fitting.fit(NAMES, *samples(count, seed=count)) for count in (900, 60))
    ours, theirs = banded([many, few])
    assert ours.band == theirs.band
    assert ours.fitted["miss_bound"] <= MISS_RATE
    (alone,) = banded([few])
    assert alone.band.low == 0.0, "30 true samples bound nothing"
    assert ours.band.low > 0.0


def test_coefficients_learn_of_what_is_plain_alone_and_the_band_of_all() -> None:
    rows, truths, groups = samples()
    wrong = [{"seen": 0.0, "structure": -3.0, "noise": 0.0}] * 12
    everything = rows + wrong, truths + [True] * 12, groups + list(range(12))
    plain = [True] * len(rows) + [False] * 12
    careful, alone = fit(NAMES, *everything, plain=plain), fit(NAMES, rows, truths, groups)
    ours, theirs = ({one.name: one.weight for one in s.weights} for s in (careful, alone))
    assert ours["structure"] / ours["seen"] == pytest.approx(
        theirs["structure"] / theirs["seen"], rel=0.25
    )
    assert alone.band.ruling(alone.likelihood(wrong[0])) is Ruling.REJECTED
    assert careful.band.ruling(careful.likelihood(wrong[0])) is Ruling.UNSURE


def test_a_score_survives_its_file() -> None:
    score = fit(NAMES, *samples(), told={"command": "python"})
    again = score_from(json.loads(json.dumps(score_json(score))))
    row = {"seen": 0.7, "structure": 0.3, "noise": 1.0}
    assert again.likelihood(row) == pytest.approx(score.likelihood(row), abs=0.01)
    assert again.fitted["command"] == "python"
    assert again.version == score_from(score_json(again)).version
    assert again.version != fit(NAMES, *samples(seed=5)).version


@pytest.mark.parametrize("truth", [True, False])
def test_one_truth_alone_fits_nothing(truth: bool) -> None:
    with pytest.raises(ValueError, match="both true and false"):
        fit(NAMES, [{"seen": 1.0}] * 9, [truth] * 9, list(range(9)))


def test_calibration_error_is_the_gap_between_promise_and_truth() -> None:
    assert calibration_error([0.95] * 10, [True] * 10) == pytest.approx(0.05)
    assert calibration_error([0.95] * 10, [False] * 10) == pytest.approx(0.95)
    assert calibration_error([0.2, 0.2, 0.2, 0.2, 0.2], [True] + [False] * 4) == pytest.approx(0)


def test_every_feature_of_the_package_can_be_put_into_words() -> None:
    of_finds = {"hits", "best", "furniture", "animal", "person", "missed", "vehicle"}
    for score in fitted_scores().values():
        assert {one.name for one in score.weights} - of_finds <= set(PHRASES)


def parts(**odds: float) -> list[Part]:
    return [Part(name=name, odds=value, high=value > 0) for name, value in odds.items()]


def test_the_reason_tells_what_weighs_most_for_the_ruling() -> None:
    said = parts(seen=1.2, structure=0.8, travel=0.5, crowd=-0.4, swelling=0.1)
    english, chinese = words(Ruling.CONFIRMED, said, [], ("a person", "人"))
    assert english == "Something is there in most pictures; it has edges of its own."
    assert chinese == "多数画面中该处有目标；有自身的轮廓。"
    english, _ = words(Ruling.REJECTED, said, [], ("a person", "人"))
    assert english == "Nothing else moves."
    english, chinese = words(Ruling.UNSURE, said, [], ("a person", "人"))
    assert english.endswith("that is not enough to rule.")
    assert chinese.endswith("不足以判断。")


def test_the_reason_counts_what_a_detector_found() -> None:
    found = [
        Find(wanted=0.7, label="person", other=0.0, other_label=""),
        *[Find(wanted=0.0, label="", other=0.6, other_label="dog")] * 3,
    ]
    english, chinese = words(Ruling.REJECTED, [], found, ("a person", "人"))
    assert english == "A person was found in 1 of 4 pictures, a dog in 3."
    assert chinese == "4 幅画面中有 1 幅检出人，3 幅更像 dog。"


def test_without_anything_to_say_a_reason_says_so() -> None:
    english, chinese = words(Ruling.CONFIRMED, [], [], ("a person", "人"))
    assert english == "The pictures speak for it as a whole."
    assert chinese == "综合画面判断。"
