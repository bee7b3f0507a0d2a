"""Pseudo-labels of videos: a film file in which a block walks, and a folder of pictures."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.flywheel.painted import Judge, Reader, picture

from vigil.core import Box, Detections, Image, Labeler, Labelled, Medium, ModelError, TrackPath
from vigil.data.formats import Files, format_called
from vigil.data.library import Library
from vigil.flywheel.label import Labelling
from vigil.flywheel.label_plan import Settings
from vigil.flywheel.label_sources import frames_of
from vigil.testing.films import HEIGHT, RATE, WIDTH, pictures, write_tiny_film

TRACKS = Settings(tracks=True, every_s=0.2)


class BlockFinder(Reader):
    """Sees the dark block; misses it at some looks, and takes it for a fox at others."""

    def __init__(self, *, misses: Sequence[int] = (), foxes: Sequence[int] = (), **more) -> None:
        super().__init__(**more)
        self._misses, self._foxes = misses, foxes

    def propose(self, images: Sequence[Image]) -> list[Detections | None]:
        first = self.asked
        super().propose(images)
        return [self._one(image, first + at) for at, image in enumerate(images)]

    def _one(self, image: Image, look: int) -> Detections:
        rows, columns = np.nonzero(image.mean(axis=2) < 45)
        if len(rows) < 200 or look in self._misses:
            return Detections.none()
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        word = "fox" if look in self._foxes else "hen"
        return Detections(
            boxes=np.array([box], np.float32), scores=np.array([0.8], np.float32), labels=(word,)
        )


@pytest.fixture
def library(tmp_path: Path) -> Library:
    source = tmp_path / "films"
    source.mkdir()
    write_tiny_film(source / "walk.mp4", 5, [(1, 4)])
    library = Library(tmp_path / "yard")
    library.add(format_called("files").read(source), Files(root=source))
    return library


def truth_at(frame: int) -> Box:
    x = round((frame / RATE - 1) / 3 * (WIDTH + 24)) - 24
    return Box(max(0, x), 70, min(WIDTH, x + 24), 118)


def paths_in(library: Library) -> list[TrackPath]:
    (thing,) = library.things()
    return [label.shape for label in thing.labels if isinstance(label.shape, TrackPath)]


def test_a_thing_is_one_path_with_one_word_in_spite_of_flicker(library: Library) -> None:
    finder = BlockFinder(misses=[9, 10], foxes=[12])
    Labelling(library, finder, settings=TRACKS).run()
    (thing,) = library.things()
    (label,) = thing.labels
    assert (label.word, label.origin.labeler) == ("hen", Labeler.MODEL)
    (path,) = paths_in(library)
    for frame in range(15, 36):  # also those that nobody looked at, and those that were missed
        place = path.at(frame)
        assert place is not None
        assert place.box == pytest.approx(truth_at(frame), abs=3)
    assert path.at(2) is None
    assert path.at(46) is None


def test_frames_are_those_of_the_film(library: Library) -> None:
    (thing,) = library.things()
    found = dict(frames_of(library.folder, thing.medium, step=7))
    assert list(found) == list(range(0, 50, 7))
    wanted = list(pictures(5, [(1, 4)]))
    for frame, image in found.items():
        assert image.shape == (HEIGHT, WIDTH, 3)
        assert np.abs(image.astype(int) - wanted[frame]).mean() < 6


def test_without_tracks_videos_are_passed_over_and_that_is_said(library: Library) -> None:
    finder = BlockFinder()
    with pytest.raises(Exception, match="1 videos were passed over; --tracks labels them"):
        Labelling(library, finder).run()
    assert finder.asked == 0


def test_killed_within_a_film_the_rest_of_it_is_looked_at(library: Library) -> None:
    with pytest.raises(ModelError, match="power"):
        Labelling(library, BlockFinder(dies_after=16), settings=TRACKS).run()
    second = BlockFinder()
    outcome = Labelling(library, second, settings=TRACKS).run()
    assert (second.asked, outcome.pictures) == (9, 25)
    third = BlockFinder()
    assert Labelling(library, third, settings=TRACKS).run().added == 0
    assert third.asked == 0


def test_an_unsure_thing_is_checked_once_where_it_is_seen_best(tmp_path: Path) -> None:
    folder = tmp_path / "source" / "walk"
    folder.mkdir(parents=True)
    scores = [0.3, 0.35, 0.45, 0.3, 0.3, 0.35]
    for number, score in enumerate(scores):
        image = picture([("hen", score, Box(10 + 4 * number, 20, 60 + 4 * number, 80))])
        cv2.imwrite(str(folder / f"{number}.png"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    medium = Medium(path="walk", width=160, height=120, frames=6, rate=5.0)
    library = Library(tmp_path / "yard")
    library.add([Labelled(medium=medium)], Files(root=folder.parent))
    judge = Judge({"hen": True})
    settings = Settings(tracks=True, every_s=0.2, checker=judge.name)
    Labelling(library, Reader(), settings=settings, checker=judge).run()
    assert judge.asked == [(Box(18, 20, 68, 80), "hen")]
    (thing,) = library.things()
    (label,) = thing.labels
    assert (label.origin.labeler, label.origin.by) == (Labeler.BRAIN, "judge#1")
    assert len(paths_in(library)) == 1
