"""A model that is due is trained from what it knew, and goes through the gate."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.train import toys
from tests.train.seeing import seeing

from vigil.config.home import Home, open_home
from vigil.core import ModelError
from vigil.data.formats import Files
from vigil.data.freezing import freeze
from vigil.data.library import Library
from vigil.flywheel.retrain import retrain
from vigil.infer.registry import Registry
from vigil.train.continuing import keep_weights, weights_of
from vigil.train.detecting import fit_detector
from vigil.train.fitting import Fit
from vigil.train.stills import stills_of

FIRST = Fit(side=toys.SIDE, epochs=1, batch=8, rate=3e-3, patience=0)
BARELY = Fit(side=toys.SIDE, epochs=1, batch=8, rate=1e-7, decay=0.0, patience=0, seed=5)
"""Teaches nothing: what it knows afterwards it has known before."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def test_it_begins_where_the_one_in_use_has_ended(home: Home, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    library = Library(home.path / "data" / "yard")
    files = Files(root=tmp_path / "made", carry="link")
    library.add(toys.toys(files.root, 24), files)
    frozen = freeze(library.things(), library.frozen)
    card = replace(toys.CARD, dataset=frozen.version)
    stills = list(
        stills_of(frozen.things(), library.folder, {"disc": 0, "square": 1}, frames=tmp_path)
    )
    runs = home.path / "training"
    run = runs / "toys-first"
    fitted = fit_detector(stills, stills[:2], card, run, fit=FIRST)
    keep_weights(fitted.learner.model, run)
    registry = Registry(home.models)
    kept = registry.add(seeing(run / card.file, 1.0), card)

    library.add(toys.toys(files.root, 4, seed=9), files)
    found = retrain(home, kept, library, fit=BARELY)
    torch.set_num_threads(threads)
    assert (found.kept.id, found.kept.parent) == ("toys@2", "toys@1")
    assert found.kept.dataset != kept.dataset
    known, now = (weights_of(each, runs) for each in (kept, found.kept))
    learnt = [name for name, value in known.items() if value.ndim == 4]
    assert len(learnt) > 20
    assert all(torch.allclose(known[name], now[name], atol=1e-5) for name in learnt)
    assert not found.passage.passed
    assert registry.resolve("toys")[0].version == 1


def test_a_model_that_was_not_made_here_is_not_trained(home: Home) -> None:
    card = replace(toys.CARD, head="yolox")
    with pytest.raises(ModelError, match="toys@1: no network that is trained here"):
        retrain(home, card, Library(home.path / "data" / "yard"), fit=BARELY)


def test_larger_networks_need_the_run_that_made_them(home: Home, tmp_path: Path) -> None:
    kept = Registry(home.models).add(seeing(tmp_path / "toys.onnx", 1.0), toys.CARD)
    larger = replace(kept, head="queries", source="vigil model train yard dfine-n")
    with pytest.raises(ModelError, match=r"toys@1: no run in .*training made it"):
        retrain(home, larger, Library(home.path / "data" / "yard"), fit=BARELY)
