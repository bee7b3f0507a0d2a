"""The detector that comes with Vigil: its file is the one on the card, and finds what it says."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vigil.core import Look, Rung, iou
from vigil.infer import Registry
from vigil.infer.known import known_cards
from vigil.media.pixels import frame_of_array
from vigil.sim.views import random_view
from vigil.stages.detect.model import ModelDetector

NAME = "vigil-sentry"
WORDS = {"person": "person", "car": "vehicle", "truck": "vehicle"}
MOST_BYTES = 4_000_000

WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
import numpy as np
from vigil.core import Look, Rung
from vigil.media.pixels import frame_of_array
from vigil.stages.detect.model import ModelDetector
look = Look.whole(frame_of_array(np.full((180, 320, 3), 90, np.uint8)), Rung.FULL)
print(len(ModelDetector(name="vigil-sentry").detect([look])[0]))
"""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Of a machine on which nothing was ever added."""
    return Registry(tmp_path / "models")


def test_the_file_is_the_one_on_the_card_and_answers_as_it_did(registry: Registry) -> None:
    card = registry.verify(NAME)
    assert card.labels == ("person", "vehicle")
    assert (card.licence_code, card.licence_weights) == (
        "Apache-2.0",
        "Apache-2.0 AND CC-BY-4.0",
    )
    assert set(card.sha256) == {card.file}
    _, folder = registry.resolve(NAME)
    assert sum(file.stat().st_size for file in folder.iterdir()) < MOST_BYTES


def test_no_word_ships_that_is_wrong_more_often_than_once_in_ten(registry: Registry) -> None:
    card, _ = registry.resolve(NAME)
    for word in card.labels:
        assert card.metrics[f"precision/{word}"] >= 0.9
        assert 0 < card.metrics[f"recall/{word}"] < 1


def test_it_takes_no_name_of_a_known_file() -> None:
    assert NAME not in {card.name for card in known_cards()}


def test_it_finds_what_is_on_views_that_it_has_not_seen(registry: Registry) -> None:
    """A wrong order of colours, or of columns, would find next to nothing."""
    detector = ModelDetector(name=NAME, score=registry.resolve(NAME)[0].score)
    found, true, right, told = Counter(), Counter(), Counter(), Counter()
    for number in range(9000, 9014):
        ((image, truth),) = random_view(number, pictures=1).pictures()
        (seen,) = detector.detect([Look.whole(frame_of_array(image), Rung.FULL)])
        words = np.array([WORDS.get(label, "") for label in truth.labels])
        overlaps = iou(seen.boxes, truth.boxes) >= 0.5
        for word in set(WORDS.values()):
            plain = (words == word) & (truth.visible > 0.7)
            said = np.array([label == word for label in seen.labels], bool)
            hits = overlaps[said]
            told[word] += int(said.sum())
            right[word] += int(hits[:, words == word].any(axis=1).sum())
            true[word] += int(plain.sum())
            found[word] += int(hits[:, plain].any(axis=0).sum())
    for word in ("person", "vehicle"):
        assert true[word] >= 10
        assert found[word] >= 0.3 * true[word], word
        assert right[word] >= 0.8 * told[word], word


def test_it_needs_no_torch() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0"
