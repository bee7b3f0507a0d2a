from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import ConfigError, ModelCard, ModelInput
from vigil.infer import card_from_yaml, card_to_yaml, check_card, known_card, known_cards

words = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20)
numbers = st.floats(-1e6, 1e6, allow_nan=False)
inputs = st.builds(
    ModelInput,
    width=st.integers(1, 8192),
    height=st.integers(1, 8192),
    colour=st.sampled_from(["rgb", "bgr"]),
    layout=st.sampled_from(["nchw", "nhwc"]),
    fit=st.sampled_from(["letterbox", "stretch"]),
    pad=st.integers(0, 255),
    mean=st.tuples(numbers) | st.tuples(numbers, numbers, numbers),
    scale=st.tuples(numbers.filter(bool)),
    dtype=st.sampled_from(["uint8", "float32"]),
)
cards = st.builds(
    ModelCard,
    name=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True),
    version=st.integers(1, 10**6),
    file=st.just("weights.onnx"),
    head=st.just("yolox"),
    labels=st.lists(words, max_size=5).map(tuple),
    input=inputs,
    sha256=st.just({"weights.onnx": "00"}),
    score=st.floats(0, 1),
    nms_iou=st.floats(0.01, 1),
    options=st.dictionaries(words, numbers, max_size=3),
    licence_code=words,
    licence_weights=words,
    source=words,
    dataset=words,
    metrics=st.dictionaries(words, numbers, max_size=3),
    parent=words,
)

GOOD = {
    "name": "mine",
    "file": "mine.onnx",
    "head": "yolox",
    "labels": ["person"],
    "input": {"width": 416, "height": 416},
}


@given(cards)
def test_a_card_survives_its_yaml(card: ModelCard) -> None:
    assert card_from_yaml(card_to_yaml(card)) == card


def test_every_mistake_is_reported_at_once_with_what_is_allowed() -> None:
    wrong = {
        **GOOD,
        "score": "high",
        "lables": ["person"],
        "input": {"width": "wide", "height": 416, "colour": "pink", "heigth": 3},
    }
    del wrong["head"]

    with pytest.raises(ConfigError) as caught:
        card_from_yaml(yaml.safe_dump(wrong), where="mine.yaml")

    said = "\n".join(caught.value.problems)
    for path in ("score", "lables", "head", "input.width", "input.colour", "input.heigth"):
        assert f"mine.yaml.{path}:" in said
    assert len(caught.value.problems) == 6
    assert all("allowed:" in problem for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": "../../etc"}, "name"),
        ({"name": "Upper"}, "name"),
        ({"name": ""}, "name"),
        ({"file": "../weights.onnx"}, "file"),
        ({"file": "/etc/weights.onnx"}, "file"),
        ({"file": "a\\b.onnx"}, "file"),
        ({"file": "weights.pt"}, "file"),
        ({"score": 1.5}, "score"),
        ({"nms_iou": 0}, "nms_iou"),
        ({"version": 0}, "version"),
        ({"sha256": {"other.onnx": "00"}}, "sha256"),
        ({"input": {"width": 0, "height": 4}}, "input.width"),
        ({"input": {"width": 4, "height": 4, "mean": [1, 2]}}, "input.mean"),
        ({"input": {"width": 4, "height": 4, "scale": [0]}}, "input.scale"),
    ],
)
def test_values_that_cannot_be_are_refused(change: dict[str, object], path: str) -> None:
    with pytest.raises(ConfigError, match=rf"card\.{path}: found"):
        card_from_yaml(yaml.safe_dump({**GOOD, **change}))


@pytest.mark.parametrize("text", ["- a list", "", "a: [", "!!python/object/apply:os.system [ls]"])
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        card_from_yaml(text)


def test_labels_may_name_a_shipped_list() -> None:
    card = card_from_yaml(yaml.safe_dump({**GOOD, "labels": "coco-80"}))

    assert len(card.labels) == 80
    assert card.labels[0] == "person"
    assert card.labels[-1] == "toothbrush"
    with pytest.raises(ConfigError, match="coco-80"):
        card_from_yaml(yaml.safe_dump({**GOOD, "labels": "../../../etc/passwd"}))


def test_every_shipped_card_is_right_and_found_by_the_hash_of_its_weights() -> None:
    assert len(known_cards()) >= 14
    for card in known_cards():
        check_card(card)
        assert card.licence_code
        assert card.licence_weights
        assert known_card(card.sha256[card.file]) == card
    assert known_card("00") is None


def test_a_card_made_in_python_is_checked_by_the_same_rules() -> None:
    card = known_cards()[0]

    with pytest.raises(ConfigError, match=r"card\.score"):
        check_card(replace(card, score=-1))
