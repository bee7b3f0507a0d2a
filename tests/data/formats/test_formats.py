"""What other tools write is read, what is wrong is told in one line, and files come along."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from tests.data.formats import pool

from vigil.core import Box, DataError, Label, Labeler, Labelled, Outline, Place, Stretch, TrackPath
from vigil.data.formats import NAMES, Files, format_at, format_called


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(root=pool.make(tmp_path_factory.mktemp("pool")))


def read(name: str, folder: Path) -> list[Labelled]:
    return list(format_called(name).read(folder))


# Actions and whole pictures


@pytest.mark.parametrize(
    ("name", "splits"), [("ucf101", ("train", "test")), ("hmdb51", ("", "test"))]
)
def test_clips_keep_their_word_and_split(
    name: str, splits: tuple[str, str], files: Files, tmp_path: Path
) -> None:
    things = [
        Labelled(medium=medium, labels=(Label(word=word),), split=split)
        for medium, word, split in zip(pool.VIDEOS, ("Run", "Fall"), splits, strict=True)
    ]
    format_called(name).write(tmp_path, things, files)
    assert format_at(tmp_path)[0] == name
    found = {thing.labels[0].word: thing for thing in read(name, tmp_path)}
    for thing in things:
        again = found[thing.labels[0].word]
        assert again.split == thing.split
        assert again.medium.frames == thing.medium.frames
        assert (tmp_path / again.medium.path).is_file()


def test_clips_of_one_ucf_video_belong_together(files: Files, tmp_path: Path) -> None:
    things = [Labelled(medium=medium, labels=(Label(word="Run"),)) for medium in pool.VIDEOS]
    format_called("ucf101").write(tmp_path, things, files)
    assert {thing.medium.group for thing in read("ucf101", tmp_path)} == {"", "yard_v_Run_g02"}


@pytest.mark.parametrize("name", ["ucf101", "hmdb51", "imagenet"])
def test_a_word_is_no_way_out_of_the_folder(name: str, files: Files, tmp_path: Path) -> None:
    thing = Labelled(medium=pool.VIDEOS[0], labels=(Label(word="../../x"),))
    format_called(name).write(tmp_path / "a" / "b", [thing], files)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_folders_of_words(files: Files, tmp_path: Path) -> None:
    things = [
        Labelled(medium=medium, labels=(Label(word="厨房 a/b"),), split="train")
        for medium in pool.PICTURES
    ]
    format_called("imagenet").write(tmp_path, things, files)
    found = read("imagenet", tmp_path)
    assert {thing.labels[0].word for thing in found} == {"厨房 a_b"}
    assert len(found) == len(things)
    assert {thing.split for thing in found} == {"train"}


# What other tools write


def test_coco_as_others_write_it(tmp_path: Path) -> None:
    corners = [[1, 2, 4, 2, 4, 6]]
    car = {"id": 9, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "segmentation": corners}
    person = {"id": 10, "image_id": 7, "category_id": 1, "bbox": [0, 0, 5.5, 5], "area": 27.5}
    sheet = {
        "info": {"year": 2017},
        "licenses": [],
        "annotations": [car, person],
        "images": [{"id": 7, "file_name": "7.jpg", "width": 10, "height": 8}],
        "categories": [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}],
    }
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances_val2017.json").write_text(json.dumps(sheet))
    (thing,) = read("coco", tmp_path)
    assert (thing.split, thing.medium.path, thing.medium.width) == ("val", "7.jpg", 10)
    assert [label.word for label in thing.labels] == ["car", "person"]
    assert thing.labels[0].shape == Outline(corners=((1, 2), (4, 2), (4, 6)))
    assert thing.labels[1].shape == Box(0, 0, 5.5, 5)
    assert thing.labels[1].origin.labeler is Labeler.IMPORT


def a_task() -> dict[str, object]:
    shape = {"rotation": 0, "width": 50, "height": 25, "y": 0}
    person = {
        "id": "abc",
        "type": "videorectangle",
        "from_name": "box",
        "to_name": "video",
        "original_width": 200,
        "original_height": 100,
        "value": {
            "framesCount": 20,
            "duration": 2.0,
            "labels": ["person"],
            "sequence": [
                {"frame": 1, "enabled": True, "x": 0, "time": 0.1, **shape},
                {"frame": 5, "enabled": False, "x": 40, "time": 0.5, **shape},
            ],
        },
    }
    part = {"ranges": [{"start": 3, "end": 9}], "timelinelabels": ["run"]}
    run = {"type": "timelinelabels", "to_name": "video", "from_name": "t", "value": part}
    night = {"type": "choices", "value": {"choices": ["night"]}}
    return {
        "id": 1,
        "data": {"video": "/data/upload/3/gate%20a.mp4"},
        "annotations": [
            {"completed_by": {"email": "ana@example.org"}, "result": [person, run]},
            {"was_cancelled": True, "result": [night]},
        ],
        "predictions": [{"model_version": "yolo@1", "score": 0.4, "result": [night]}],
    }


def test_label_studio_as_it_exports(tmp_path: Path) -> None:
    tasks = [a_task()]
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))
    assert format_at(tmp_path)[0] == "label_studio"
    (thing,) = read("label_studio", tmp_path)
    assert thing.medium.path == "upload/3/gate a.mp4"
    assert (thing.medium.frames, thing.medium.rate, thing.medium.width) == (20, 10.0, 200)
    person, run, night = thing.labels
    assert isinstance(person.shape, TrackPath)
    assert person.shape.at(2) == Place(2, Box(40, 0, 140, 25))
    assert person.shape.at(4) == Place(4, Box(80, 0, 180, 25))
    assert person.shape.at(5) is None
    assert person.origin.labeler is Labeler.HUMAN
    assert person.origin.by == "ana@example.org"
    assert run.shape == Stretch(first=2, last=8)
    assert (night.word, night.origin.by, night.origin.score) == ("night", "yolo@1", 0.4)


CVAT_VIDEO = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>5</id><name>gate</name><size>10</size><mode>interpolation</mode>
      <original_size><width>100</width><height>50</height></original_size>
      <source>gate.mp4</source>
    </task>
  </meta>
  <track id="4" label="car" source="manual">
    <box frame="0" outside="0" occluded="0" keyframe="1" xtl="0" ytl="0" xbr="10" ybr="5"/>
    <box frame="1" outside="0" occluded="0" keyframe="0" xtl="5" ytl="0" xbr="15" ybr="5"/>
    <box frame="2" outside="0" occluded="1" keyframe="1" xtl="10" ytl="0" xbr="20" ybr="5"/>
    <box frame="3" outside="1" occluded="1" keyframe="1" xtl="10" ytl="0" xbr="20" ybr="5"/>
    <box frame="7" outside="0" occluded="0" keyframe="1" xtl="10" ytl="0" xbr="20" ybr="5"/>
  </track>
</annotations>
"""


def test_cvat_video_as_it_exports(tmp_path: Path) -> None:
    (tmp_path / "annotations.xml").write_text(CVAT_VIDEO)
    (thing,) = read("cvat", tmp_path)
    assert (thing.medium.path, thing.medium.frames) == ("gate.mp4", 10)
    (car,) = thing.labels
    assert isinstance(car.shape, TrackPath)
    assert car.shape.track == 4
    assert [place.frame for place in car.shape.all(10)] == [0, 1, 2, 7, 8, 9]
    assert car.shape.at(1) == Place(1, Box(5, 0, 15, 5))
    assert car.shape.at(2) == Place(2, Box(10, 0, 20, 5), hidden=True)


@pytest.mark.data
def test_real_sets_are_read(data: Callable[[str], Path]) -> None:
    ppe = read("yolo", data("images/ppe"))
    assert {thing.split for thing in ppe} == {"train", "val", "test"}
    assert {label.word for thing in ppe for label in thing.labels} >= {"helmet", "worker"}
    for thing in ppe:
        for label in thing.labels:
            assert isinstance(label.shape, Box)
            assert -1 <= label.shape.x1 < label.shape.x2 <= thing.medium.width + 1
    (highway,) = read("mot", data("tracking/cdnet_highway"))
    assert highway.medium.frames >= 1231
    assert len(highway.labels) > 10
    assert format_at(data("images/rooms"))[0] == "imagenet"


# Mistakes


UNSIZED = {
    "id": 3,
    "data": {"image": "a.jpg"},
    "annotations": [
        {"result": [{"type": "rectanglelabels", "value": {"rectanglelabels": ["a"]}}]},
    ],
}
WRONG = (
    ("coco", "a.json", '{"images": [{"id": 1}], "annotations": [], "categories": []}', "picture 1"),
    ("coco", "a.json", '{"images": [1, "annotations": [], "categories": []}', "no good JSON"),
    ("yolo", "data.yaml", "names: 3\ntrain: images", "names"),
    ("voc", "Annotations/a.xml", "<annotation></annotation>", "size"),
    ("voc", "Annotations/a.xml", "<!DOCTYPE x [<!ENTITY y 'z'>]><annotation/>", "entities"),
    ("cvat", "a.xml", "<annotations><image width='x' height='2'/></annotations>", "no number"),
    ("mot", "gt/gt.txt", "1,1,1", "imWidth"),
    ("label_studio", "tasks.json", json.dumps([UNSIZED]), "original_width"),
    ("ucf101", "classInd.txt", "", "ApplyEyeMakeup"),
    ("hmdb51", "run_test_split1.txt", "a.avi 7", "0, 1 or 2"),
)


@pytest.mark.parametrize(("name", "file", "content", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_place(
    name: str, file: str, content: str, told: str, tmp_path: Path
) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    with pytest.raises(DataError, match=told) as caught:
        read(name, tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_folder_and_an_unknown_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="coco, cvat"):
        format_at(tmp_path)
    with pytest.raises(DataError, match="not there"):
        format_at(tmp_path / "gone")
    with pytest.raises(DataError, match="allowed: coco"):
        format_called("koko")


def test_a_missing_picture_is_told(tmp_path: Path) -> None:
    things = [Labelled(medium=pool.PICTURES[0])]
    with pytest.raises(DataError, match=r"a\.png"):
        format_called("coco").write(tmp_path, things, Files(root=tmp_path / "nowhere"))


@pytest.mark.parametrize("name", NAMES)
def test_an_export_repeated_is_the_same(name: str, files: Files, tmp_path: Path) -> None:
    things = pool.data_set(Random(3))
    for _ in range(2):
        format_called(name).write(tmp_path / "set", things, files)
    format_called(name).write(tmp_path / "fresh", things, files)
    assert contents(tmp_path / "set") == contents(tmp_path / "fresh")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
