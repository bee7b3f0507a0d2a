"""From people's words on events and samples to the next version of a head, or to none."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.flywheel.colours import BLUE, HEIGHT, RED, WIDTH, write_embedder, write_examples

from vigil.core import (
    Box,
    DataError,
    Label,
    Labeler,
    Origin,
    Review,
    Ruling,
    Sample,
    Step,
    StepKind,
    uuid7,
)
from vigil.data.library import Library
from vigil.flywheel.algorithms import Algorithm, Shelf, hashes_of
from vigil.flywheel.grow import gather, grow
from vigil.flywheel.learning import examples_of, learn
from vigil.flywheel.making import make_head
from vigil.flywheel.pictures import examples_in
from vigil.flywheel.reviewed import gather_reviewed
from vigil.infer import Registry
from vigil.infer.embedders import MarkedEmbedder, embedder_for
from vigil.store import DecisionStore, EventStore, SampleStore
from vigil.testing.alerts import NOON_S, an_event
from vigil.testing.hands import Hands

WORDS = ("red", "other")
ORANGE = (225, 130, 25)
"""What the first version takes for red."""


class House:
    """An algorithm, what cameras saw of it, and what people say of that."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Hands(NOON_S + 3600)
        self.events = EventStore(folder / "events.db", folder / "clips")
        self.samples = SampleStore(self.events.database, folder / "samples", clock=self.clock)
        self.library, self.shelf = Library(folder / "data"), Shelf(folder / "algorithms")
        self.embedder: MarkedEmbedder = embedder_for(
            str(write_embedder(folder / "net")), Registry(folder)
        )
        red, blue = (
            write_examples(folder / word, colour, 12, seed=seed)
            for word, colour, seed in (("red", RED, 1), ("blue", BLUE, 2))
        )
        given = [(red, each) for each in examples_in(red, "red")]
        given += [(blue, each) for each in examples_in(blue, "other")]
        shown = [each for _, each in given]
        head, verdict = make_head(shown, WORDS, self.embedder)
        made = Algorithm(
            name="red",
            claim="It is red.",
            words=WORDS,
            embedder="net",
            verdict=verdict,
            made_s=NOON_S,
            examples=hashes_of(shown),
        )
        self.algorithm = self.shelf.keep(made, head)
        gather(self.library, given)

    def seen(
        self, colour: tuple[int, int, int], count: int, seed: int, *, algorithm: str = "red"
    ) -> list[tuple[str, str]]:
        """Events and their samples, each with a picture that shows such a block."""
        found = []
        day = self.samples.folder.path / "2023-11-15"
        pictures = write_examples(self.folder / f"seen-{seed}", colour, count, seed=seed)
        day.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(sorted(pictures.iterdir())):
            event = replace(
                an_event(NOON_S + 60 * number + seed, label="red", rule="red"), algorithm=algorithm
            )
            self.events.record(Step(kind=StepKind.END, event=event, time_s=event.end_s), None)
            sample_id = uuid7(NOON_S + number)
            file = picture.rename(day / f"{sample_id}.png")
            sample = Sample(
                id=sample_id,
                source="yard" if number % 2 else "gate",
                time_s=NOON_S,
                path=f"2023-11-15/{file.name}",
                width=WIDTH,
                height=HEIGHT,
                size_bytes=file.stat().st_size,
                score=0.5,
                reasons={"event": 0.5},
                condition="dark" if number % 3 == 0 else "usual",
                event_id=event.id,
            )
            self.samples.write([sample])
            found.append((event.id, sample_id))
        return found

    def review(self, event_id: str, ruling: Ruling) -> None:
        self.clock.sleep(1)
        said = Review(event_id=event_id, ruling=ruling, reviewer="ana", time_s=self.clock.now_s())
        DecisionStore(self.events.database).review(said)

    def label(self, sample_id: str, *words: str) -> None:
        self.clock.sleep(1)
        origin = Origin(labeler=Labeler.HUMAN, by="ana", time_s=self.clock.now_s())
        labels = [
            Label(word=word, origin=origin, shape=Box(8, 8, 60, 60), id=f"{sample_id}/{number}")
            for number, word in enumerate(words)
        ]
        self.samples.label(sample_id, labels, reviewer="ana")

    def gather(self) -> int:
        return gather_reviewed(self.library, self.samples, self.events, self.algorithm)

    def reviewed(self) -> list[str]:
        """Words of what is no example of the first version."""
        known = {sha256 for sha256, _ in self.algorithm.examples}
        things = [one for one in self.library.things() if one.medium.sha256 not in known]
        return sorted(" ".join(label.word for label in thing.labels) for thing in things)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.events.close()


def test_reviews_and_labels_land_once_and_the_last_word_counts(house: House) -> None:
    events = house.seen(ORANGE, 5, seed=5)
    for event_id, _ in events:
        house.review(event_id, Ruling.REJECTED)
    house.review(events[0][0], Ruling.CONFIRMED)
    house.review(events[1][0], Ruling.UNSURE)
    house.label(events[2][1], "red", "car")
    house.label(events[3][1])
    assert house.gather() == 5
    assert house.reviewed() == ["", "other", "other", "red", "red"]
    assert house.gather() == 0
    house.review(events[2][0], Ruling.REJECTED)
    assert house.gather() == 1
    assert house.reviewed() == ["", "other", "other", "other", "red"]
    assert house.gather() == 0


def test_a_word_on_an_event_is_about_its_first_picture(house: House) -> None:
    (first, _), (_, later) = house.seen(RED, 2, seed=5)
    sample = house.samples.find(later).sample
    again = replace(sample, id=uuid7(NOON_S + 90), event_id=first)
    house.samples.write([again])
    house.review(first, Ruling.CONFIRMED)
    assert house.gather() == 1
    assert house.reviewed() == ["red"]


def test_what_people_say_of_others_is_not_taken(house: House) -> None:
    strange = house.seen(ORANGE, 3, seed=6, algorithm="smoke")
    house.review(strange[0][0], Ruling.CONFIRMED)
    house.label(strange[1][1], "other")
    house.label(strange[2][1], "red")
    assert house.gather() == 1
    assert house.reviewed() == ["red"]


def test_grow_counts_and_freezes_them_by_camera_and_condition(house: House) -> None:
    for event_id, _ in house.seen(ORANGE, 6, seed=5):
        house.review(event_id, Ruling.REJECTED)
    house.gather()
    found = grow(house.library, WORDS)
    other = found.words["other"]
    assert other.by_people == other.pictures
    assert {"gate", "yard"} & other.cameras.keys()
    kept = list(found.frozen.things())
    assert {one.medium.condition for one in kept} == {"", "dark", "usual"}
    assert other.conditions == {"": 12, "dark": 2, "usual": 4}
    assert not any(line.startswith("conditions") for line in found.missing)


def test_a_version_that_learns_what_people_rejected_is_kept(house: House) -> None:
    for event_id, _ in house.seen(ORANGE, 10, seed=5):
        house.review(event_id, Ruling.REJECTED)
    house.gather()
    found = learn(house.shelf, house.library, "red", house.embedder)
    assert (found.fresh, len(found.algorithm.examples)) == (10, 34)
    assert found.algorithm.verdict.right > found.right_before
    assert found.worse == ""
    used = house.shelf.in_use("red")
    assert used is not None
    assert used[0].version == found.algorithm.version == 2
    with pytest.raises(DataError, match="nothing new since version 2"):
        learn(house.shelf, house.library, "red", house.embedder)


def test_a_version_that_tells_less_right_is_not_kept(house: House) -> None:
    wrong = [*house.seen(RED, 5, seed=7), *house.seen(BLUE, 5, seed=8)]
    for number, (event_id, _) in enumerate(wrong):
        house.review(event_id, Ruling.REJECTED if number < 5 else Ruling.CONFIRMED)
    house.gather()
    found = learn(house.shelf, house.library, "red", house.embedder)
    assert found.worse
    assert house.shelf.history("red")[-1].version == 1


def test_what_was_boxed_is_learnt_as_a_head_is_shown_it(house: House) -> None:
    ((_, sample_id),) = house.seen(RED, 1, seed=9)
    house.label(sample_id, "red")
    house.gather()
    shown = examples_of(house.library, house.algorithm)[-1].image
    assert shown.shape[0] < HEIGHT
    assert shown.shape[1] < WIDTH
