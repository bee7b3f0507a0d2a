"""Data sets of clips as they lie on a disk."""

from pathlib import Path

import pytest

from vigil.core import DataError, Label, Labelled, Medium, Stretch
from vigil.data.freezing import freeze
from vigil.train.video.reading import as_parts, frozen_clips, read_clips, whole_stretches


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_folders_of_words_with_and_without_splits(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "run" / "x.mp4", tmp_path / "a" / "sit" / "v_sit_g01_c02.avi")
    found = read_clips(tmp_path / "a")
    assert [(each.words, each.group, each.split) for each in found] == [
        (("run",), "", ""),
        (("sit",), "v_sit_g01", ""),
    ]
    touch(tmp_path / "b" / "train" / "run" / "x.mp4", tmp_path / "b" / "test" / "run" / "y.mp4")
    assert [each.split for each in read_clips(tmp_path / "b")] == ["test", "train"]


def test_ucf101_counts_words_from_one(tmp_path: Path) -> None:
    (tmp_path / "classInd.txt").write_text("1 Archery\n2 Bowling\n")
    (tmp_path / "trainlist02.txt").write_text("Bowling/v_Bowling_g08_c01.avi 2\n")
    (tmp_path / "testlist02.txt").write_text("Archery/v_Archery_g01_c01.avi\n")
    found = read_clips(tmp_path, fold="2")
    assert [(each.words[0], each.split, each.group) for each in found] == [
        ("Bowling", "train", "v_Bowling_g08"),
        ("Archery", "test", "v_Archery_g01"),
    ]
    with pytest.raises(DataError, match="fold: '4'; allowed: 1, 2, 3"):
        read_clips(tmp_path, fold="4")


def test_hmdb51_flags_say_who_learns(tmp_path: Path) -> None:
    names = [f"Film{at}_wave_f_nm_np1_fr_med_{at}.avi" for at in range(3)]
    touch(*(tmp_path / "wave" / name for name in names))
    lines = [f"{name} {flag} " for name, flag in zip(names, (1, 2, 0), strict=True)]
    (tmp_path / "wave_test_split1.txt").write_text("\n".join(lines))
    assert [(each.path.name, each.split) for each in read_clips(tmp_path)] == [
        (names[0], "train"),
        (names[1], "test"),
    ]


def test_a_list_has_stretches_groups_and_several_words(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("path,label,start,end,group,split\na.mp4,run;jump,1.5,3,yard,train\n")
    (one,) = read_clips(file)
    assert (one.path, one.start_s, one.end_s) == (tmp_path / "a.mp4", 1.5, 3.0)
    assert (one.words, one.group, one.split) == (("run", "jump"), "yard", "train")
    file.write_text("path,label,start,end\na.mp4,run,1,3\na.mp4,jump,2,4\n")
    (film,) = as_parts(read_clips(file))
    assert [(part.word, part.end_s) for part in film.parts] == [("run", 3.0), ("jump", 4.0)]
    assert (film.start_s, film.end_s, film.words) == (0.0, None, ())
    (tmp_path / "list.txt").write_text("a b.mp4 run\n")
    assert [each.path.name for each in read_clips(tmp_path / "list.txt")] == ["a b.mp4"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("file,label\n", "columns file, label; allowed: path, label"),
        ("path,label,start\na.mp4,run,soon\n", r"list.csv:2: start 'soon'; allowed: seconds"),
        ("path,label,start,end\na.mp4,run,2,1\n", r"list.csv:2: ends at 1 s"),
        ("path,label\n,run\n", r"list.csv:2: a line without a path"),
    ],
)
def test_mistakes_in_a_list_are_told_with_their_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=told):
        read_clips(file)


def test_who_has_no_data_is_told_where_to_get_it(tmp_path: Path) -> None:
    for place in (tmp_path / "none", tmp_path):
        with pytest.raises(DataError, match=r"UCF101: https://www\.crcv\.ucf\.edu.*HMDB51"):
            read_clips(place)


def test_our_own_data_sets_keep_splits_and_stretches(tmp_path: Path) -> None:
    medium = Medium(path="a.mp4", width=64, height=48, frames=100, rate=10.0, group="gate")
    part = Label(word="fall", shape=Stretch(first=20, last=29))
    things = [Labelled(medium=medium, labels=(part,), split="train")]
    frozen = freeze(things, tmp_path / "frozen", keep_splits=True)
    (film,) = frozen_clips(frozen, tmp_path)
    assert (film.group, film.split, film.words) == ("gate", "train", ())
    (cut,) = whole_stretches([film])
    assert (cut.start_s, cut.end_s, cut.words, cut.group) == (2.0, 3.0, ("fall",), "gate")
