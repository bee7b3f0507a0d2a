"""Networks of clips before moving pictures: whom they are shown, when, and for how long."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from vigil.core import (
    ActionQuestion,
    Box,
    Boxes,
    Image,
    ModelCard,
    ModelClip,
    Scene,
    Signals,
    Track,
)
from vigil.infer import OpenModel
from vigil.infer.clip_session import ClipSession
from vigil.media.pixels import frame_of_array
from vigil.models.tsm import TSM
from vigil.stages.sense.actions import ActionSense
from vigil.stages.sense.clip_memory import Beat, RingMemory
from vigil.stages.sense.square import LARGER, Square
from vigil.train.video.shipping import said_by_network

from .clip_models import CARD, FRAMES, RATE, SIDE, WORDS, Exported, drawn

EVERYWHERE = np.float32([[0, 0, 1e4, 1e4]])
NOWHERE = np.zeros((0, 4), np.float32)
VIEW, PEOPLE = ActionQuestion("acts", "view"), ActionQuestion("acts", "person", ("person",))
Files = tuple[TSM, OpenModel, OpenModel]


@pytest.fixture(scope="module")
def files(acts: Exported) -> Files:
    """A network, and it as a stream and as a file of whole clips."""
    stream, whole = (OpenModel.of(card, acts.folder) for card in (acts.stream, acts.whole))
    return acts.network, stream, whole


class Live:
    """The model that a name stands for."""

    def __init__(self, model: OpenModel) -> None:
        self.model = model

    def current(self) -> OpenModel:
        return self.model


class Camera:
    """Shows pictures to a sense, and keeps what is told."""

    def __init__(
        self, live: Live, question: ActionQuestion = VIEW, words: Sequence[str] = WORDS
    ) -> None:
        self.moving: Boxes = EVERYWHERE
        self.sense = ActionSense(
            {question: live},  # type: ignore[dict-item]
            {question: frozenset(words)},
            lambda: self.moving,
        )
        self.told: list[tuple[float, dict[str, float]]] = []

    def show(self, picture: Image, time_s: float, *tracks: Track) -> Signals:
        frame = frame_of_array(picture, time_s=time_s)
        scene = Scene(
            source="yard", time_s=time_s, width=frame.width, height=frame.height, tracks=tracks
        )
        self.sense.see(frame, scene)
        signals = self.sense.tell(Signals())
        if signals.actions:
            self.told.append((time_s, {one.word: one.score for one in signals.actions}))
        return signals

    def film(self, pictures: Sequence[Image], rate: float = RATE, start_s: float = 0.0) -> None:
        for number, picture in enumerate(pictures):
            self.show(picture, start_s + number / rate)


def person(number: int, box: Box, label: str = "person") -> Track:
    return Track(id=number, label=label, box=box, score=0.9, first_seen_s=0.0, last_seen_s=1e9)


def row(shares: dict[str, float]) -> list[float]:
    return [shares[word] for word in WORDS]


def of_the_last(network: TSM, pictures: Sequence[Image]) -> np.ndarray:
    """What the network says of the last clip, when it has seen all the pictures before."""
    sums = [
        length * np.log(said_by_network(network, lasting(length), [pictures[:length]])[0])
        for length in (len(pictures) - FRAMES, len(pictures))
    ]
    shares = np.exp((sums[1] - sums[0]) / FRAMES)
    return np.asarray(shares / shares.sum())


def lasting(frames: int) -> ModelCard:
    return replace(CARD, clip=ModelClip(frames=frames, rate=RATE))


def test_a_stream_says_of_each_moment_what_its_network_says_of_the_last_clip(files: Files) -> None:
    network, stream, _ = files
    pictures = drawn(2 * FRAMES)
    camera = Camera(Live(stream))
    camera.film(pictures)
    assert [time_s for time_s, _ in camera.told] == [n / RATE for n in range(FRAMES - 1, 8)]
    first = said_by_network(network, CARD, [pictures[:FRAMES]])[0]
    np.testing.assert_allclose(row(camera.told[0][1]), first, atol=1e-5)
    # Later ones know more than their clip: all that came before it.
    np.testing.assert_allclose(row(camera.told[-1][1]), of_the_last(network, pictures), atol=1e-4)
    assert camera.sense.counts.asked == 2 * FRAMES


@pytest.mark.parametrize("rate", [7.0, 25.0])
def test_a_camera_of_any_rate_is_shown_at_that_of_the_model(files: Files, rate: float) -> None:
    network, stream, whole = files
    pictures = drawn(round(3 * rate))
    for model in (stream, whole):
        camera = Camera(Live(model))
        camera.film(pictures, rate)
        spent = camera.sense.counts.asked
        assert spent == pytest.approx(3 * RATE - (FRAMES - 1 if model is whole else 0), abs=1)
    times = np.arange(len(pictures)) / rate
    nearest = [int(np.searchsorted(times, n / RATE - 1e-6)) for n in range(FRAMES)]
    streamed = Camera(Live(stream))
    streamed.film(pictures, rate)
    wanted = said_by_network(network, CARD, [[pictures[n] for n in nearest]])[0]
    np.testing.assert_allclose(row(streamed.told[0][1]), wanted, atol=1e-5)


def test_a_camera_slower_than_the_model_keeps_the_time_of_a_clip(files: Files) -> None:
    network, stream, _ = files
    camera, pictures = Camera(Live(stream)), drawn(4)
    camera.film(pictures, RATE / 2)
    assert camera.told[0][0] == pytest.approx(1.0)  # as soon as there is a second of it
    twice = [pictures[0], pictures[1], pictures[1], pictures[2], pictures[2]]
    np.testing.assert_allclose(row(camera.told[0][1]), of_the_last(network, twice), atol=1e-4)
    assert camera.sense.counts.asked == 7


def test_a_view_in_which_nothing_moves_costs_nothing_and_begins_anew(files: Files) -> None:
    network, stream, _ = files
    camera, pictures = Camera(Live(stream)), drawn(8)
    camera.moving = NOWHERE
    camera.film(pictures)
    assert (camera.sense.counts.asked, camera.sense.counts.held_bytes) == (0, 0)
    camera.moving = EVERYWHERE
    camera.film(pictures[:4], start_s=10.0)
    asked = camera.sense.counts.asked
    assert camera.sense.counts.followed == 1
    camera.moving = NOWHERE
    camera.film(drawn(40, 5), start_s=11.0)
    # What stirred last is followed for as long as a clip lasts, and no longer.
    assert camera.sense.counts.asked - asked <= FRAMES
    assert (camera.sense.counts.followed, camera.sense.counts.held_bytes) == (0, 0)
    camera.told.clear()
    camera.moving = EVERYWHERE
    camera.film(pictures[:4], start_s=60.0)
    wanted = said_by_network(network, CARD, [pictures[:4]])[0]
    np.testing.assert_allclose(row(camera.told[0][1]), wanted, atol=1e-5)


def test_pictures_after_a_silence_are_another_clip(files: Files) -> None:
    _, stream, _ = files
    camera = Camera(Live(stream))
    camera.film(drawn(4))
    assert len(camera.told) == 1
    camera.film(drawn(3), start_s=30.0)
    assert len(camera.told) == 1
    camera.film(drawn(2), start_s=30.75)
    assert len(camera.told) == 3


def wide(left: Image, right: Image) -> Image:
    return np.hstack([left, right])


def test_two_people_are_two_streams_and_whoever_has_gone_is_forgotten(files: Files) -> None:
    network, stream, _ = files
    one, other = drawn(6, 1, side=64), drawn(6, 2, side=64)
    # A box whose square, once enlarged, is half of the picture.
    side = 64 / LARGER
    edge = (64 - side) / 2
    tall = Box(edge, edge, edge + side, edge + side)
    beside = Box(edge + 64, edge, edge + side + 64, edge + side)
    camera = Camera(Live(stream), PEOPLE)
    scores: dict[int, list[list[float]]] = {1: [], 2: []}
    for number in range(6):
        signals = camera.show(
            wide(one[number], other[number]), number / RATE, person(1, tall), person(2, beside),
            person(3, tall, "dog"),
        )  # fmt: skip
        for track in scores:
            shares = {a.word: a.score for a in signals.actions if a.track_id == track}
            scores[track] += [row(shares)] if shares else []
    assert camera.sense.counts.followed == 2
    held = camera.sense.counts.held_bytes
    for track, pictures in ((1, one), (2, other)):
        small = [frame_of_array(p).pixels.rgb(SIDE, SIDE) for p in pictures[:FRAMES]]
        wanted = said_by_network(network, CARD, [small])[0]
        np.testing.assert_allclose(scores[track][0], wanted, atol=1e-5)
    camera.show(wide(one[0], other[0]), 6 / RATE, person(2, beside))
    assert camera.sense.counts.followed == 1
    assert camera.sense.counts.held_bytes < 0.6 * held
    camera.show(wide(one[0], other[0]), 7 / RATE)
    assert camera.sense.counts.held_bytes == 0
    assert camera.sense.counts.asked == 2 * 6 + 1


def test_no_more_are_followed_than_asked_for_the_larger_first(files: Files) -> None:
    _, stream, _ = files
    camera = Camera(Live(stream), PEOPLE._replace(most=1))
    picture = np.zeros((200, 400, 3), np.uint8)
    small, tiny = person(1, Box(0, 0, 20, 40)), person(2, Box(300, 0, 304, 9))
    large = person(3, Box(100, 20, 160, 190))
    camera.show(picture, 0.0, tiny, small)
    assert set(camera.sense._askers[0].followed) == {1}
    camera.show(picture, 0.25, tiny, small, person(4, Box(200, 0, 230, 60)))
    assert set(camera.sense._askers[0].followed) == {1}  # it has a history
    camera.show(picture, 0.5, tiny, small, large)
    assert set(camera.sense._askers[0].followed) == {3}


def test_another_model_begins_anew(files: Files) -> None:
    network, stream, whole = files
    live, pictures = Live(stream), drawn(8)
    camera = Camera(live)
    camera.film(pictures[:4])
    live.model = whole
    camera.film(pictures[4:], start_s=1.0)
    assert [time_s for time_s, _ in camera.told] == [0.75, 1.75]
    wanted = said_by_network(network, CARD, [pictures[4:]])[0]
    np.testing.assert_allclose(row(camera.told[1][1]), wanted, atol=1e-5)


def test_what_lies_under_a_mask_is_never_shown(files: Files) -> None:
    network, stream, _ = files
    all_of_it = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)
    sense = ActionSense(
        {VIEW: Live(stream)},  # type: ignore[dict-item]
        {VIEW: frozenset(WORDS)},
        lambda: EVERYWHERE,
        masks=all_of_it,
    )
    for number, picture in enumerate(drawn(FRAMES)):
        sense.see(frame_of_array(picture, time_s=number / RATE), None)
    black = [np.zeros((SIDE, SIDE, 3), np.uint8)] * FRAMES
    (wanted,) = said_by_network(network, CARD, [black])
    found = {one.word: one.score for one in sense.tell(Signals()).actions}
    np.testing.assert_allclose(row(found), wanted, atol=1e-5)


def test_a_ring_takes_the_pictures_nearest_to_its_moments(files: Files) -> None:
    _, _, whole = files
    session = whole.session
    assert isinstance(session, ClipSession)
    shown: list[list[int]] = []

    class Spying:
        clip = session.clip

        def shares(self, pictures: Sequence[Image]) -> np.ndarray:
            shown.append([int(picture[0, 0, 0]) for picture in pictures])
            return np.ones(3, np.float32) / 3

    memory = RingMemory(Spying(), RATE)  # type: ignore[arg-type]
    for number, time_s in enumerate([0.0, 0.27, 0.5, 0.74, 1.01, 1.24, 1.52, 1.75]):
        memory.see(np.full((2, 2, 3), number, np.uint8), time_s, 1)
    assert shown == [[n, n + 1, n + 2, n + 3] for n in range(5)]
    assert memory.nbytes <= (FRAMES + 1) * 12


def test_beats_do_not_drift() -> None:
    beat = Beat(4.0)
    assert sum(beat.due(n / 25) for n in range(250)) == 40
    slow = Beat(4.0)
    assert [slow.due(float(n)) for n in range(3)] == [1, 4, 4]


def test_a_square_is_calm_and_stays_in_the_picture() -> None:
    square = Square()
    first = square.follow(Box(300, 100, 340, 200), 0.0, 640, 360)
    assert (first.width, first.height) == pytest.approx((140, 140))
    shaken = square.follow(Box(320, 100, 400, 190), 0.1, 640, 360)
    assert abs(shaken.x1 - first.x1) < 12
    assert abs(shaken.width - 140) < 5
    for number in range(60):
        corner = square.follow(Box(600, 0, 640, 100), 1.0 + number / 10, 640, 360)
    assert (corner.x2, corner.y1) == (640, 0)
    assert corner.width == pytest.approx(140, abs=1)
    assert square.follow(Box(0, 0, 640, 360), 20.0, 640, 360).height <= 360
