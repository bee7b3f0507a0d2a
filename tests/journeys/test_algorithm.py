"""From a few pictures to an event that the algorithm's own head, or a large model, has judged."""

import json
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.flywheel.colours import BLUE, RED, write_embedder, write_examples, write_film
from tests.journeys.conftest import Watcher
from tests.journeys.running import Running, wait_for
from typer.testing import CliRunner

from vigil.cli import app
from vigil.config.load import load
from vigil.core import Outcome
from vigil.infer.head import load_head
from vigil.store import DecisionStore, EventStore
from vigil.testing.fake_answers import Asked, filled
from vigil.testing.fake_brain import FakeBrain

CLAIM = "Something red is in the picture."


def vigil(*arguments: object) -> str:
    found = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def oracle(asked: Asked) -> Mapping[str, Any]:
    """Knows that what is claimed is so, and has words for an algorithm."""
    assert asked.schema is not None
    plain = dict(filled(asked.schema))
    if "negative_prompts" in plain:
        caption = {"en": "a red lamp", "zh": "红灯"}
        return plain | {
            "claim_zh": "画面中有红色物体。",
            "questions": [{"en": "Is a block red?", "zh": "方块是红色吗？", "expects": True}],
            "prompts": [{"en": "a red block", "zh": "红色方块"}],
            "negative_prompts": [caption],
            "classes": ["lamp"],
        }
    return plain | {"question_1": "yes", "ruling": "confirmed", "confidence": 0.9}


@pytest.mark.slow
def test_a_sure_head_judges_by_itself_and_an_unsure_one_asks_its_own_questions(
    tmp_path: Path, home: Path
) -> None:
    film = write_film(tmp_path / "yard.mp4", 24, lambda time_s: RED if 6 < time_s < 18 else BLUE)
    red = write_examples(tmp_path / "red", RED, 24, seed=1)
    blue = write_examples(tmp_path / "blue", BLUE, 24, seed=2)
    embedder = write_embedder(tmp_path / "colours")
    file = tmp_path / "vigil.yaml"
    with FakeBrain(oracle) as brain:
        settings = {
            "metrics": "off",
            "brain": {"base_url": brain.url, "model": "fake-brain"},
            "cameras": {"yard": {"source": str(film), "rules": []}},
        }
        file.write_text(json.dumps(settings))
        said = vigil(
            "algorithm", "new", "red", "--claim", CLAIM, "--images", red, "--negatives", blue,
            "--embedder", embedder, "--cameras", "yard", "--config", file,
        )  # fmt: skip
        assert "worth --negatives: lamp" in said
        assert "ms a view" in said
        assert "red@1: trial on yard" in said
        words = load(file).algorithms["red"]
        assert words.claim_zh == "画面中有红色物体。"
        assert words.negative_prompts[0].both == ("a red lamp", "红灯")
        doubting(home, "red", "crimson")
        doubting(home, "red", "scarlet", threshold=0.99999)
        for name in ("crimson", "scarlet"):
            vigil("algorithm", "attach", name, "yard", "--config", file)
        running = Running(file, tmp_path / "log")
        try:
            wait_for(lambda: len(decided(home)) == 3)
        finally:
            running.end(signal.SIGTERM)
        asked = [one for one in brain.asked if "question_1" in str(one.schema)]
    by_head, by_brain = (decided(home)[name] for name in ("red", "crimson"))
    assert by_head[0].startswith("head:red@1:")
    assert "stills" in by_head[1]
    assert by_brain[0] == "ask_brain:fake-brain"
    # What lies below its threshold is suspected, and told once the large model has confirmed it.
    assert decided(home)["scarlet"][0] == "ask_brain:fake-brain"
    assert suspected(home) == {"scarlet"}
    assert len(asked) == 2
    assert all("Is a block red?" in one.text for one in asked)
    assert all("a red lamp" in one.text for one in asked)
    shown = vigil("algorithm", "show", "crimson", "--picture", tmp_path / "h.svg", "--config", file)
    assert "yard" in shown.splitlines()[-1]
    assert "yard: 1 calls" in (tmp_path / "h.svg").read_text("utf-8")
    assert "no large calls yet" in vigil("algorithm", "show", "red", "--config", file)


def doubting(home: Path, name: str, other: str, *, threshold: float | None = None) -> None:
    """The same algorithm under another name, never sure; `threshold`: from which on it tells."""
    folder = home / "algorithms"
    shutil.copytree(folder / name, folder / other)
    about = json.loads((folder / other / "1/about.json").read_text("utf-8"))
    about["name"], about["verdict"]["band"] = other, [0.0, 1.0]
    (folder / other / "1/about.json").write_text(json.dumps(about), encoding="utf-8")
    if threshold is not None:
        head = folder / other / "1/head.npz"
        replace(load_head(head), threshold=threshold).save(head)


def suspected(home: Path) -> set[str]:
    """Algorithms of events that were too little to be told by themselves."""
    store = EventStore(home / "events.db", home / "clips")
    try:
        return {str(one.event.algorithm) for one in store.events() if one.event.suspected}
    finally:
        store.close()


def decided(home: Path) -> dict[str, tuple[str, str]]:
    """By algorithm: who confirmed its event, and why."""
    store = EventStore(home / "events.db", home / "clips")
    try:
        found = {}
        for stored in store.events():
            decision = DecisionStore(store.database).decision(stored.event.id)
            if decision is not None and decision.outcome is Outcome.CONFIRMED:
                assert stored.event.claim == CLAIM
                assert decision.verdict is not None
                name = str(stored.event.algorithm)
                found[name] = (decision.verdict.judge, decision.verdict.reason)
        return found
    finally:
        store.close()


@pytest.mark.data
@pytest.mark.slow
def test_a_burning_house_is_told_by_a_head_of_real_pictures_and_bottles_are_not(
    data: Callable[[str], Path], tmp_path: Path, watched: Watcher
) -> None:
    for word in ("fire", "normal"):
        (tmp_path / word).mkdir()
        for picture in sorted(data(f"images/fire/{word}").glob("*.jpg"))[:24]:
            shutil.copy(picture, tmp_path / word)
    vigil("model", "add", data("models/embed/mobilenet_v2_1.0_224_quant.tflite"))
    flame = ("flame", "--claim", "There is an open flame.")
    folders = ("--images", tmp_path / "fire", "--negatives", tmp_path / "normal")
    vigil("algorithm", "new", *flame, *folders)
    rule = {"kind": "algorithm", "algorithm": "flame", "claim": "There is an open flame."}
    burning = watched(data("videos/fire_house6.mp4"), detector="motion", rules=[rule])
    assert [(event.claim, event.algorithm) for event in burning.events] == [
        ("There is an open flame.", "flame")
    ]
    assert burning.events[0].cards == ("flame@1",)
    assert watched(data("videos/bottle-detection.mp4"), rules=[rule]).events == []
