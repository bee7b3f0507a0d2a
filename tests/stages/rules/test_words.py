import pytest
from pydantic import TypeAdapter, ValidationError

from vigil.stages.rules.loitering import Loitering
from vigil.stages.rules.presence import Presence
from vigil.stages.rules.words import Claim, fill, fill_chinese, in_chinese, with_article


def test_labels_get_their_article():
    assert with_article("person") == "a person"
    assert with_article("object") == "an object"
    assert with_article("traffic_light") == "a traffic light"
    assert with_article("") == "something"


def test_known_labels_have_a_chinese_word_and_others_stay():
    assert in_chinese("person") == "人"
    assert in_chinese("cell_phone") == in_chinese("cell phone") == "手机"
    assert in_chinese("gizmo") == "gizmo"


def test_a_claim_is_a_whole_sentence_in_both_languages():
    english, chinese = Loitering(longer_than_s=90).claims(label="person", whole=False, seconds=90)
    assert english == "A person stays in the marked zone for longer than 90 seconds."
    assert chinese == "标记区域内有人停留超过90秒。"


def test_a_claim_of_the_users_has_no_chinese_that_says_something_else():
    assert Presence(claim="{Thing} is on the roof.").claims(label="person")[1] == ""


def test_blanks_are_filled_in_any_order():
    words = {"label": "car", "where": "here", "seconds": 2.5, "direction": "in"}
    assert (
        fill("{direction} {seconds} {where} {Thing} {thing}", **words) == "in 2.5 here A car a car"
    )
    assert fill_chinese("{label}{seconds}", **words) == "汽车2.5"


@pytest.mark.parametrize(
    "claim",
    ["{colour} thing", "{label.__class__}", "{label!r}", "{label:>99999999}", "{", "{0}", "  "],
)
def test_a_claim_with_an_unknown_blank_is_refused(claim):
    with pytest.raises(ValidationError, match="claim"):
        TypeAdapter(Claim).validate_python(claim)
