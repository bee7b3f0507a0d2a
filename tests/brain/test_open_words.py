"""Detectors that take words. Runs where torch is: `pip install -e '.[brain-local]'`."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.flywheel.painted import library_of

from vigil.brain.open_words import LIBRARIES, OpenWords
from vigil.core import Detections, Image, ModelError
from vigil.flywheel.label import Labelling
from vigil.flywheel.teachers.open_words import OpenWordsTeacher
from vigil.flywheel.teachers.teacher import LEAST

PHRASES = ("hen", "a red hat")
IMAGE = np.random.default_rng(0).integers(0, 256, (90, 140, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    for library in LIBRARIES:
        pytest.importorskip(library, reason="torch is not here: pip install '.[brain-local]'")
    from tests.brain import open_words_models as models  # noqa: PLC0415

    folders: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in folders:
            where = tmp_path_factory.mktemp(family)
            folders[family] = getattr(models, family)(where)
        return folders[family]

    return folder


def published(folder: Path, text: Any) -> tuple[Any, Any, Any, Any]:
    """Model, inputs, outputs and processor as their makers use them."""
    import torch  # noqa: PLC0415
    from transformers import (  # noqa: PLC0415
        AutoImageProcessor,
        AutoModelForZeroShotObjectDetection,
        AutoTokenizer,
    )

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForZeroShotObjectDetection.from_pretrained(folder).eval()
    pictures = AutoImageProcessor.from_pretrained(folder, backend="pil")
    inputs = dict(pictures(images=[IMAGE], return_tensors="pt"))
    inputs |= dict(
        tokenizer(text, return_tensors="pt", padding="max_length", max_length=16)
        if isinstance(text, list)
        else tokenizer(text, return_tensors="pt")
    )
    if isinstance(text, list):
        inputs.pop("token_type_ids", None)
    with torch.inference_mode():
        return model, inputs, model(**inputs), pictures


def test_grounding_dino_answers_as_its_makers_do(made: Callable[[str], Path]) -> None:
    folder = made("grounding_dino")
    found = OpenWords(folder).find(IMAGE, PHRASES, score=0.0)
    _, inputs, said, _ = published(folder, "hen . a red hat .")
    # 101 hen . a red hat . 102
    assert inputs["input_ids"].tolist() == [[101, 200, 1012, 202, 203, 204, 1012, 102]]
    likely = said.logits[0].sigmoid().numpy()
    wanted = np.stack([likely[:, 1], likely[:, 3:6].max(axis=1)], axis=1)
    middle = said.pred_boxes[0].numpy()
    assert len(found) == len(middle)
    assert found.scores == pytest.approx(wanted.max(axis=1), abs=1e-5)
    assert found.labels == tuple(PHRASES[index] for index in wanted.argmax(axis=1))
    low = np.clip((middle[:, :2] - middle[:, 2:] / 2) * (140, 90), 0, None)
    assert found.boxes[:, :2] == pytest.approx(low, abs=1e-3)


def test_owlv2_answers_as_its_makers_do(made: Callable[[str], Path]) -> None:
    folder = made("owlv2")
    found = OpenWords(folder).find(IMAGE, PHRASES, score=0.0)
    _, _, said, pictures = published(folder, list(PHRASES))
    import torch  # noqa: PLC0415

    (wanted,) = pictures.post_process_object_detection(
        said, threshold=0.0, target_sizes=torch.tensor([[90, 140]])
    )
    boxes = np.clip(wanted["boxes"].numpy(), 0, (140, 90, 140, 90))
    real = ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1)
    assert real.any()
    assert found.boxes == pytest.approx(boxes[real], abs=1e-3)
    assert found.scores == pytest.approx(wanted["scores"].numpy()[real], abs=1e-5)
    assert list(found.labels) == [
        PHRASES[n] for n, kept in zip(wanted["labels"], real, strict=True) if kept
    ]


def test_too_many_words_are_told_apart_from_none(made: Callable[[str], Path]) -> None:
    with pytest.raises(ModelError, match=r"30 phrases are 62 tokens; allowed: 40"):
        OpenWords(made("grounding_dino")).find(IMAGE, ["hen"] * 30, score=0.0)


def test_other_weights_have_another_name(made: Callable[[str], Path], tmp_path: Path) -> None:
    from tests.brain import open_words_models as models  # noqa: PLC0415

    first, other = made("owlv2"), models.owlv2(tmp_path / "owlv2", seed=1)
    assert OpenWords(first).name != OpenWords(other).name
    assert OpenWords(first).name == OpenWords(first).name


def test_a_library_is_labelled_by_words(made: Callable[[str], Path], tmp_path: Path) -> None:
    folder = made("owlv2")
    words = {"hen": ("hen", "a hen"), "fox": ("fox",)}
    teacher = OpenWordsTeacher(OpenWords(folder), words)
    (found,) = teacher.propose([IMAGE])
    assert found is not None
    assert set(found.labels) <= set(words)
    library = library_of(tmp_path / "yard", [(IMAGE, [])])

    class Believed(OpenWordsTeacher):
        usual = LEAST  # random weights are sure of nothing

    Labelling(library, Believed(OpenWords(folder), words)).run()
    (thing,) = library.things()
    assert {label.origin.by for label in thing.labels} == {teacher.name}
    assert sorted(label.word for label in thing.labels) == sorted(found.labels)


def test_another_kind_of_model_is_refused(made: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    for file in made("owlv2").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match=r"a model of type 'bert'; allowed: grounding-dino"):
        OpenWords(folder).find(IMAGE, PHRASES, score=0.0)


def test_phrases_of_one_word_do_not_double_a_thing() -> None:
    class Twice:
        name, usual = "twice", 0.5

        def find(self, image: Image, phrases: Any, *, score: float) -> Detections:
            boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], np.float32)
            return Detections(
                boxes=boxes,
                scores=np.array([0.6, 0.9, 0.7], np.float32),
                labels=("hen", "a hen", "fox"),
            )

    words = {"hen": ("hen", "a hen"), "fox": ("fox",)}
    (found,) = OpenWordsTeacher(Twice(), words).propose([IMAGE])
    assert found is not None
    assert found.labels == ("hen", "fox")
    assert found.boxes[0].tolist() == [1, 0, 11, 10]


def test_a_folder_that_is_none_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"allowed: a folder with a config\.json"):
        OpenWords(tmp_path)


def test_without_torch_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr("vigil.brain.open_words.find_spec", lambda _name: None)
    with pytest.raises(ModelError, match=r"pip install 'vigil-video\[brain-local\]'"):
        OpenWords(tmp_path)
    assert "vigil.brain.open_words_model" not in sys.modules or "torch" in sys.modules
