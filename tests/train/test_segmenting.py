"""A segmenter learns toys, is exported, judged by its own file, and opened as a watch would."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tests.train import toys

from vigil.core import Box, DataError, Labelled, ModelCard, ModelError, ModelInput, Outline
from vigil.data.formats import Files
from vigil.data.freezing import Frozen, freeze
from vigil.data.library import Library
from vigil.infer.session import open_session
from vigil.media.pixels import frame_of_array
from vigil.stages.detect.segment import Segmenter
from vigil.train.evaluating import evaluate
from vigil.train.fitting import Fit
from vigil.train.recipe import Trained
from vigil.train.regions import OTHER
from vigil.train.segmenting import outlined_words, segmenter_card, train_segmenter

SIDE = 64
QUICK = Fit(side=SIDE, epochs=8, batch=8, rate=5e-3)


def outlined(thing: Labelled) -> Labelled:
    """With polygons instead of boxes: discs have corners, too."""
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)

    def shape(word: str, box: Box) -> Outline:
        if word == "square":
            return Outline(
                corners=((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
            )
        x, y, reach = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2, box.width / 2
        return Outline(
            corners=tuple(
                (x + reach * float(np.cos(t)), y + reach * float(np.sin(t))) for t in turns
            )
        )

    labels = tuple(
        replace(label, shape=shape(label.word, label.shape))
        for label in thing.labels
        if isinstance(label.shape, Box)
    )
    return replace(thing, labels=labels)


def frozen_toys(folder: Path, count: int) -> Frozen:
    library = Library(folder / "library")
    things = map(outlined, toys.toys(folder / "made", count))
    library.add(things, Files(root=folder / "made", carry="copy"))
    return freeze(library.things(), library.frozen)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    return frozen_toys(tmp_path_factory.mktemp("toys"), 48)


@pytest.fixture(scope="module")
def made(frozen: Frozen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    threads = torch.get_num_threads()
    card = segmenter_card(
        "shapes", outlined_words(frozen), ModelInput(width=SIDE, height=SIDE),
        licence="CC0-1.0", source="test", dataset=frozen.version,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("run")
    yield train_segmenter(frozen, frozen.path.parents[1], card, folder, fit=QUICK)
    torch.set_num_threads(threads)


def test_it_learns_what_the_pixels_show(made: Trained) -> None:
    assert made.full.labels == (OTHER, "disc", "square")
    assert made.judged_by == "holdout"
    assert made.full.metrics["miou"] > 0.6
    assert made.full.metrics["iou/other"] > made.full.metrics["miou"]
    assert made.small.metrics["miou"] > made.full.metrics["miou"] - 0.05


def test_the_watch_reads_what_was_learnt(made: Trained) -> None:
    """A red square on grey, at a size and shape that was never shown."""
    image = np.full((120, 200, 3), 120, np.uint8)
    cv2.rectangle(image, (60, 30), (119, 89), (230, 40, 40), -1)
    found = Segmenter(made.full, made.folder).segment(frame_of_array(image))
    truth = np.zeros((120, 200), bool)
    truth[30:90, 60:120] = True
    drawn = cv2.resize(found.mask("square").astype(np.uint8), (200, 120)) > 0
    assert (drawn & truth).sum() / (drawn | truth).sum() > 0.6


def test_its_mistakes_become_a_page(made: Trained, frozen: Frozen, tmp_path: Path) -> None:
    session = open_session(made.full, made.folder)
    root = frozen.path.parents[1]
    found = evaluate(made.full, session, frozen, root, split="holdout", folder=tmp_path)
    assert found.figures["mIoU"] == pytest.approx(made.full.metrics["miou"], abs=1e-3)
    assert "light/day" in found.shares
    swapped = replace(made.full, labels=(OTHER, "square", "disc"))
    wrong = evaluate(swapped, session, frozen, root, split="holdout", folder=tmp_path)
    assert wrong.figures["mIoU"] < found.figures["mIoU"] - 0.2
    page = wrong.page.read_text(encoding="utf-8")
    assert "missed" in page
    assert "false" in page


def test_boxes_alone_teach_no_outlines(tmp_path: Path) -> None:
    library = toys.library(tmp_path, 6)
    boxes = freeze(library.things(), library.frozen)
    with pytest.raises(DataError, match="nothing is outlined; allowed: polygons, as of COCO"):
        outlined_words(boxes)
    card = segmenter_card(
        "shapes", ("disc",), ModelInput(width=SIDE, height=SIDE),
        licence="CC0-1.0", source="test", dataset=boxes.version,
    )  # fmt: skip
    with pytest.raises(DataError, match="split 'train': no outline of disc"):
        train_segmenter(boxes, library.folder, card, tmp_path / "run", fit=QUICK)


def test_what_is_nothing_else_is_the_first_word_and_no_other() -> None:
    def card_of(words: tuple[str, ...]) -> ModelCard:
        size = ModelInput(width=SIDE, height=SIDE)
        return segmenter_card("s", words, size, licence="x", source="test", dataset="")

    assert card_of(("road", OTHER)).labels == (OTHER, "road")
    with pytest.raises(DataError, match="255 words; allowed: 254"):
        card_of(tuple(map(str, range(255))))


def test_networks_have_names(frozen: Frozen, tmp_path: Path) -> None:
    card = segmenter_card(
        "shapes", ("disc",), ModelInput(width=SIDE, height=SIDE),
        licence="CC0-1.0", source="test", dataset=frozen.version,
    )  # fmt: skip
    with pytest.raises(ModelError, match="bilateral has no published ones; allowed with: segf"):
        train_segmenter(
            frozen, frozen.path.parents[1], card, tmp_path, fit=QUICK, published=tmp_path
        )
