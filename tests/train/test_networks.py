"""Whatever its name, a network learns, is exported, and the watch opens it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.train import toys
from tests.train.small_detr import SETTINGS

from vigil.core import Look, ModelError, Rung
from vigil.data.freezing import HOLDOUT, Frozen, freeze
from vigil.media.pixels import frame_of_array
from vigil.models import detr, sentry
from vigil.stages.detect.model import ModelDetector
from vigil.train.exporting import largest_disagreement
from vigil.train.fitting import Fit
from vigil.train.networks import NETWORKS, Start, learner, take_over
from vigil.train.recipe import Trained, train_detector

QUERIES = replace(toys.CARD, head="queries", nms_iou=NETWORKS["dfine-n"].nms_iou)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    library = toys.library(tmp_path_factory.mktemp("toys"), 20)
    return freeze(library.things(), library.frozen)


@pytest.fixture(scope="module")
def made(frozen: Frozen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as small:
        small.setitem(detr.SIZES, "dfine-n", (detr.SIZES["dfine-n"][0], SETTINGS))  # type: ignore[arg-type]
        fit = Fit(side=toys.SIDE, epochs=1, batch=8, rate=1e-3, steepest=0.1)
        yield train_detector(
            frozen,
            frozen.path.parents[1],
            replace(QUERIES, dataset=frozen.version),
            tmp_path_factory.mktemp("run"),
            fit=fit,
            start=Start(network="dfine-n"),
        )
    torch.set_num_threads(threads)


def test_a_large_detector_passes_the_same_recipe(made: Trained, frozen: Frozen) -> None:
    assert made.judged_by == HOLDOUT
    assert set(made.full.metrics) >= {"ap", "ap50", "precision", "recall"}
    full, small = (made.folder / card.file for card in (made.full, made.small))
    assert small.stat().st_size < full.stat().st_size


def test_the_watch_opens_it(made: Trained) -> None:
    image = np.full((240, 320, 3), 120, np.uint8)
    toys.draw(image, "square", 40, 50, 90)
    detector = ModelDetector.of(made.full, made.folder, score=0.0)
    (found,) = detector.detect([Look.whole(frame_of_array(image), Rung.DETECT)])
    assert len(found)
    assert set(found.labels) <= set(toys.WORDS)


def test_a_file_whose_detections_differ_is_refused(made: Trained, tmp_path: Path) -> None:
    torch.manual_seed(0)
    other = detr.made(detr.config_of("dfine-n", 2, toys.SIDE, **SETTINGS))
    pictures = [np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)]
    off = largest_disagreement(detr.Exported(other), made.full, made.folder, pictures)
    assert off > 0.01


def test_new_words_come_after_the_old_ones() -> None:
    torch.manual_seed(0)
    old = learner(Start(), toys.CARD).network
    card = replace(toys.CARD, labels=(*toys.WORDS, "cross"))
    new = learner(Start(weights=old.state_dict()), card).network
    pictures = torch.rand(1, 3, 64, 64) * 255
    with torch.no_grad():
        before, sides = old.eval()(pictures)
        after, same_sides = new.eval()(pictures)
    assert torch.equal(sides, same_sides)
    assert torch.equal(before, after[..., :2])


def test_weights_that_do_not_fit_are_told_in_one_line() -> None:
    three = sentry.Sentry(3).state_dict()
    with pytest.raises(ModelError, match="knows 3 words, more than 2"):
        take_over(sentry.Sentry(2), three)
    with pytest.raises(ModelError, match="no weights of this kind of network"):
        take_over(sentry.Sentry(2), {"encoder.weight": torch.zeros(3)})
    with pytest.raises(ModelError, match="sentry has no published ones; allowed with: yolox-nano"):
        learner(Start(published=Path("x")), toys.CARD)
