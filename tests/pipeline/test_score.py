"""The scorecard counts what judging did, and draws it."""

from xml.etree import ElementTree

import pytest
from tests.pipeline.judged_events import happened, judged

from vigil.core import Outcome, Ruling
from vigil.pipeline.score import Prices, scorecard
from vigil.pipeline.score_plot import score_plot


def test_before_and_after_are_told_apart() -> None:
    events = [
        judged(1, Outcome.CONFIRMED),
        judged(2, Outcome.REJECTED),  # truly happened: the worst mistake
        judged(3, Outcome.REJECTED),
        judged(4, Outcome.CONFIRMED),  # a false alarm that stayed
        judged(5, Outcome.UNVERIFIED),
    ]
    truth = [happened(1), happened(2), happened(5), happened(9)]

    whole = scorecard(events, truth).whole

    assert (whole.events, whole.true, whole.false) == (5, 3, 2)
    assert (whole.false_removed, whole.true_rejected, whole.unverified) == (1, 1, 1)
    assert whole.precision_before == pytest.approx(3 / 5)
    assert whole.precision_after == pytest.approx(2 / 3)
    assert whole.recall_before == pytest.approx(3 / 4), "what nobody claimed counts"
    assert whole.recall_after == pytest.approx(2 / 4), "an unverified event is told of"
    assert whole.accuracy_after == pytest.approx(3 / 5)


def test_a_review_wins_over_labels_and_stands_alone_where_there_are_none() -> None:
    events = [
        judged(1, Outcome.CONFIRMED, review=Ruling.REJECTED),
        judged(2, Outcome.CONFIRMED, source="yard", review=Ruling.CONFIRMED),
        judged(3, Outcome.CONFIRMED, source="yard"),
        judged(4, Outcome.CONFIRMED, source="yard", review=Ruling.UNSURE),
    ]

    card = scorecard(events, [happened(1)])

    assert (card.by_source["gate"].true, card.by_source["gate"].false) == (0, 1)
    assert (card.by_source["yard"].true, card.by_source["yard"].unlabelled) == (1, 2)
    assert card.by_source["yard"].recall_after == 1.0


def test_two_events_of_one_happening_are_both_true_and_it_is_found_once() -> None:
    events = [
        judged(1, Outcome.CONFIRMED),
        judged(2, Outcome.REJECTED, start_s=102.0),
    ]

    whole = scorecard(events, [happened(1)]).whole

    assert (whole.true, whole.happened, whole.happened_found, whole.happened_kept) == (2, 1, 1, 1)


def test_cost_is_counted_for_each_camera_and_day() -> None:
    events = [judged(1, Outcome.CONFIRMED, calls=3), judged(2, Outcome.REJECTED, source="b")]

    card = scorecard(events, days=2.0, prices=Prices(per_million_in=2.0, per_million_out=10.0))

    assert card.whole.calls_per_camera_day == pytest.approx(3 / 4)
    assert card.whole.cost == pytest.approx(3000 * 2e-6 + 300 * 10e-6)
    assert card.by_judge["second_look"].calls == 3
    assert card.whole.percentiles_s("total") == pytest.approx((1.5, 1.95, 1.99))
    assert card.whole.percentiles_s("queue") is None


def test_a_rule_that_found_nothing_at_all_still_has_a_row() -> None:
    card = scorecard([], [happened(1, rule="fall")])

    assert card.by_rule["fall"].recall_before == 0.0
    assert card.by_rule["fall"].precision_before is None


def test_the_card_is_json_without_infinities() -> None:
    text = scorecard([judged(1, Outcome.CONFIRMED)], [happened(1)]).as_json()

    assert text["whole"]["precision_after"] == 1.0  # type: ignore[index]
    assert text["whole"]["seconds"]["model"] == {"p50": 0.5, "p95": 0.5, "p99": 0.5}  # type: ignore[index]


def test_the_plot_is_a_picture_whose_names_are_only_text() -> None:
    card = scorecard(
        [
            judged(1, Outcome.CONFIRMED, rule="<script>"),
            judged(2, Outcome.REJECTED, rule="<script>"),
        ],
        [happened(1, rule="<script>")],
    )

    picture = ElementTree.fromstring(score_plot(card.by_rule))  # noqa: S314 - our own text

    words = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "<script>: precision · 精确率" in words
    assert "50% → 100%" in words
    assert not list(picture.iter("{http://www.w3.org/2000/svg}script"))
