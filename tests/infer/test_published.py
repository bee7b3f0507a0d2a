"""Folders of encoders as publishers lay them out."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.infer.published_models import (
    MEAN,
    STD,
    chinese_clip_folder,
    clip_folder,
    dinov2_folder,
    picture_side,
    save,
    siglip_folder,
    text_side,
)

from vigil.core import ConfigError, ModelError
from vigil.infer.embedders import embedder_for, mark_of
from vigil.infer.onnx_ports import ports_of
from vigil.infer.published import published_card
from vigil.infer.registry import Registry

FOLDERS = [clip_folder, chinese_clip_folder, siglip_folder, dinov2_folder]
Make = Callable[[Path], Path]
COLOUR = np.array([200, 100, 50], np.uint8)


def plain(height: int = 30, width: int = 60) -> np.ndarray:
    return np.broadcast_to(COLOUR, (height, width, 3)).copy()


@pytest.mark.parametrize("make", FOLDERS)
def test_a_folder_is_an_embedder_as_it_is(make: Make, tmp_path: Path) -> None:
    folder = make(tmp_path / "it")
    (vector,) = embedder_for(str(folder), Registry(tmp_path)).embed([plain()])
    wanted = (COLOUR / 255 - MEAN) / STD
    np.testing.assert_allclose(vector, wanted / np.linalg.norm(wanted), atol=1e-5)


def test_what_the_files_say_is_what_the_card_holds(tmp_path: Path) -> None:
    clip = published_card(clip_folder(tmp_path / "clip"))
    side = clip.image
    assert (side.file, side.fit, side.edge) == ("onnx/vision_model.onnx", "crop", 20)
    assert (side.width, side.height, side.mean, side.std) == (16, 16, tuple(MEAN), tuple(STD))
    assert clip.text is not None
    assert (clip.text.file, clip.text.length, clip.text.padded) == (
        "onnx/text_model.onnx", 12, False,
    )  # fmt: skip
    siglip = published_card(siglip_folder(tmp_path / "siglip"))
    assert (siglip.image.fit, siglip.image.output) == ("stretch", 1)
    assert siglip.text is not None
    assert (siglip.text.length, siglip.text.padded, siglip.text.lowercase) == (9, True, True)
    chinese = published_card(chinese_clip_folder(tmp_path / "chinese"))
    assert chinese.languages == ("zh",)
    assert chinese.text is not None
    assert chinese.text.file == chinese.image.file == "model.onnx"
    assert set(chinese.text.inputs) == {"ids", "mask", "types"}
    dinov2 = published_card(dinov2_folder(tmp_path / "dinov2"))
    assert (dinov2.name, dinov2.image.pool, dinov2.text) == ("dinov2-tiny", "first", None)


def test_the_mark_follows_the_graph_and_the_settings_and_not_the_place(tmp_path: Path) -> None:
    here, there = dinov2_folder(tmp_path / "here"), tmp_path / "there"
    shutil.copytree(here, there)
    registry = Registry(tmp_path)
    assert mark_of(str(here), registry) == mark_of(str(there), registry)
    about = json.loads((there / "preprocessor_config.json").read_text())
    (there / "preprocessor_config.json").write_text(json.dumps(about | {"image_mean": [0, 0, 0]}))
    assert mark_of(str(here), registry) != mark_of(str(there), registry)


def test_a_smaller_file_serves_where_the_whole_one_is_not_there(tmp_path: Path) -> None:
    folder = dinov2_folder(tmp_path / "small")
    (folder / "model.onnx").rename(folder / "model_quantized.onnx")
    assert published_card(folder).image.file == "model_quantized.onnx"


def test_settings_of_a_newer_publisher_stand_one_level_deeper(tmp_path: Path) -> None:
    folder = clip_folder(tmp_path / "new")
    old = folder / "preprocessor_config.json"
    inner = {"image_processor": json.loads(old.read_text())}
    (folder / "processor_config.json").write_text(json.dumps(inner))
    old.unlink()
    assert published_card(folder).image.edge == 20


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"crop_size": None, "do_center_crop": True}, "crop_size: found None"),
        ({"size": {"shortest_edge": 8}}, "size: found {'shortest_edge': 8}; allowed: 16 or more"),
        ({"rescale_factor": 1}, "rescale_factor: found 1.0; allowed: 1/255"),
        ({"do_resize": False}, "do_resize: found False"),
        ({"image_mean": None}, "image_mean: found nothing"),
        ({"image_std": [1, 0, 1]}, "std[1]: found 0"),
        ({"image_mean": "x"}, "image_mean"),
        ({"size": {"longest_edge": 9}, "do_center_crop": False}, "size: found"),
        ({"size": {"height": 9000, "width": 9}, "do_center_crop": False}, "height"),
    ],
)
def test_settings_that_mean_nothing_are_told(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    folder = clip_folder(tmp_path / "it")
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ConfigError) as caught:
        published_card(folder)
    assert said in str(caught.value)
    assert "preprocessor_config.json" in str(caught.value)


def test_folders_that_hold_something_else_are_told_what_is_allowed(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ConfigError, match=r"no graph of an encoder; allowed: vision_model\.onnx"):
        embedder_for(str(empty), Registry(tmp_path))
    (empty / "model.safetensors").write_bytes(b"x")
    with pytest.raises(ConfigError, match="optimum-cli export onnx --model"):
        published_card(empty)
    folder = dinov2_folder(tmp_path / "dinov2")
    (folder / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ConfigError, match="answers last_hidden_state"):
        published_card(folder)
    (folder / "config.json").write_text("[]")
    with pytest.raises(ConfigError, match="found list"):
        published_card(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(ConfigError, match=r"config\.json: no JSON"):
        published_card(folder)
    (folder / "config.json").unlink()
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ConfigError, match=r"no preprocessor_config\.json"):
        published_card(folder)
    broken = dinov2_folder(tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(ModelError, match="not ONNX"):
        published_card(broken)


def test_texts_whose_vectors_do_not_compare_are_left_out(tmp_path: Path) -> None:
    folder = clip_folder(tmp_path / "clip")
    save(folder / "onnx" / "vision_model.onnx", picture_side(["pooler_output"]))
    assert published_card(folder).text is None
    whole = clip_folder(tmp_path / "whole")
    (whole / "tokenizer.json").unlink()
    assert published_card(whole).text is None


def test_what_a_graph_takes_and_answers_is_read_from_its_bytes(tmp_path: Path) -> None:
    save(tmp_path / "it.onnx", text_side("text_embeds", length=9), picture_side(["image_embeds"]))
    content = (tmp_path / "it.onnx").read_bytes()
    found = ports_of(content, "it.onnx")
    assert [(port.name, port.shape) for port in found.inputs] == [
        ("input_ids", (None, 9)), ("pixel_values", (None, None, None, None)),
    ]  # fmt: skip
    assert [(port.name, port.shape) for port in found.outputs] == [
        ("text_embeds", (None, 3)), ("image_embeds", (None, 3)),
    ]  # fmt: skip
    with pytest.raises(ModelError, match="cut off"):
        ports_of(content[:-3], "it.onnx")
