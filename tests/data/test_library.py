"""Data sets that grow, and that are frozen."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.data.formats import pool

from vigil.core import NOTHING, Box, DataError, Label, Labeler, Labelled, Medium, Origin
from vigil.data.formats import Files
from vigil.data.freezing import HOLDOUT, SHARES, freeze, opened, split_of
from vigil.data.library import Library, believed
from vigil.data.rows import from_line, to_line

PEOPLE = Origin(labeler=Labeler.HUMAN, by="ana", time_s=5.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    root = pool.make(tmp_path_factory.mktemp("pool"))
    for number, medium in enumerate(pool.PICTURES):
        # Files of one content are one file: each gets an end of its own.
        with (root / medium.path).open("ab") as file:
            file.write(bytes([number]))
    return Files(root=root)


@pytest.mark.parametrize("seed", range(10))
def test_lines_say_all(seed: int) -> None:
    for thing in pool.data_set(Random(seed)):
        assert from_line(to_line(thing), "here") == thing


def test_a_broken_line_is_told_with_its_place() -> None:
    with pytest.raises(DataError, match="set:7"):
        from_line('{"path": 3}', "set:7")


def test_what_is_in_it_is_passed_over(files: Files, tmp_path: Path) -> None:
    things = [Labelled(medium=medium, labels=(Label(word="a"),)) for medium in pool.PICTURES]
    library = Library(tmp_path / "set")
    assert library.add(things[:2], files) == 2
    assert Library(tmp_path / "set").add(things, files) == 2
    found = list(library.things())
    assert len(found) == len(things)
    assert all((library.folder / thing.medium.path).is_file() for thing in found)


def test_one_review_after_another_reads_only_what_is_new(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(line: str, where: str) -> Labelled:
        read.append(line)
        return from_line(line, where)

    monkeypatch.setattr("vigil.data.library.from_line", reading)
    library, other = Library(tmp_path / "set"), Library(tmp_path / "set")
    medium = pool.PICTURES[0]
    reviews = [Labelled(medium=medium, labels=(Label(word=word),)) for word in "abcdefgh"]
    assert [library.add([review], files) for review in reviews[:4]] == [1] * 4
    assert len(read) == 3  # the last is read by who adds the next
    assert other.add(reviews[2:6], files) == 2
    assert library.add(reviews[3:7], files) == 1
    assert len(read) == 3 + 4 + 3


def test_a_journal_that_was_replaced_or_cut_is_read_anew(files: Files, tmp_path: Path) -> None:
    things = [Labelled(medium=medium, labels=(Label(word="a"),)) for medium in pool.PICTURES]
    library = Library(tmp_path / "set")
    library.add(things, files)
    assert library.add(things, files) == 0
    journal = library.folder / "things.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:1]))
    assert library.add(things, files) == len(things) - 1
    kept = tmp_path / "kept"
    kept.write_bytes(b"".join(lines[:2]))
    kept.replace(journal)
    assert library.add(things, files) == len(things) - 2


def test_a_line_that_a_crash_cut_off_is_taken_in_again(files: Files, tmp_path: Path) -> None:
    things = [Labelled(medium=medium, labels=(Label(word="厨房"),)) for medium in pool.PICTURES]
    library = Library(tmp_path / "set")
    library.add(things, files)
    journal = library.folder / "things.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-20])
    assert len(list(library.things())) == len(things) - 1
    assert library.add(things, files) == 1
    assert journal.read_bytes() == whole


def test_a_correction_is_a_newer_line_and_people_are_believed(files: Files, tmp_path: Path) -> None:
    medium = pool.PICTURES[0]
    by_model = Label(word="cat", id="l1", origin=Origin(labeler=Labeler.MODEL, time_s=9.0))
    by_ana = Label(word="dog", id="l1", origin=PEOPLE)
    by_brain = Label(word="fox", id="l1", origin=Origin(labeler=Labeler.BRAIN, time_s=99.0))
    library = Library(tmp_path / "set")
    for label in (by_model, by_ana, by_brain):
        library.add([Labelled(medium=medium, labels=(label,))], files)
    (thing,) = library.things()
    assert thing.labels == (by_ana,)
    assert len(list(library.lines())) == 3


def test_of_one_rank_the_newest_word_counts() -> None:
    old, new = (
        Label(word=word, id="l", origin=Origin(labeler=Labeler.HUMAN, time_s=time_s))
        for word, time_s in (("cat", 1.0), ("dog", 2.0))
    )
    assert believed([old, new]) == believed([new, old]) == (new,)
    assert believed([Label(word="a"), Label(word="a"), Label(word="b")]) == (
        Label(word="a"),
        Label(word="b"),
    )


def test_what_somebody_takes_back_is_not_there_any_more() -> None:
    guess = Label(word="cat", id="l", origin=Origin(labeler=Labeler.MODEL))
    gone = Label(word=NOTHING, id="l", origin=PEOPLE)
    other = Label(word="dog", id="m", origin=PEOPLE)
    assert believed([guess, gone, other]) == (other,)
    again = Label(word="cat", id="l", origin=replace(PEOPLE, time_s=PEOPLE.time_s + 1))
    assert believed([guess, gone, again]) == (again,)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.png"):
        Library(tmp_path / "set").add([Labelled(medium=pool.PICTURES[0])], Files(root=tmp_path))


@pytest.mark.parametrize("path", ["../secret.png", "/etc/hostname", "a/../../secret.png"])
def test_labels_cannot_name_files_beyond_their_folder(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "root" / "a").mkdir(parents=True)
    thing = Labelled(medium=Medium(path=path, width=1, height=1))
    with pytest.raises(DataError, match="leads out of"):
        Library(tmp_path / "set").add([thing], Files(root=tmp_path / "root"))
    assert not list((tmp_path / "set" / "media").iterdir())


def many(count: int, *, groups: int, labeler: Labeler = Labeler.HUMAN) -> list[Labelled]:
    return [
        Labelled(
            medium=Medium(path=f"{n}.jpg", width=9, height=9, group=f"camera {n % groups}"),
            labels=(Label(word="a", origin=Origin(labeler=labeler)),),
        )
        for n in range(count)
    ]


def test_no_split_crosses_a_camera_and_splits_stay_when_it_grows(tmp_path: Path) -> None:
    few = freeze(many(400, groups=200), tmp_path)
    more = freeze(many(900, groups=300), tmp_path)
    splits: dict[str, str] = {}
    for frozen in (few, more):
        for thing in frozen.things():
            assert splits.setdefault(thing.medium.group, thing.split) == thing.split
    for split, share in SHARES.items():
        assert abs(more.counts[split] / 900 - share) < 0.1


def test_only_people_label_the_hold_out(tmp_path: Path) -> None:
    frozen = freeze(many(300, groups=100, labeler=Labeler.BRAIN), tmp_path)
    assert frozen.counts.get(HOLDOUT, 0) == 0
    left_out = [t for t in many(300, groups=100) if split_of(t) == HOLDOUT]
    assert sum(frozen.counts.values()) == 300 - len(left_out)


def test_the_version_is_the_content(tmp_path: Path) -> None:
    things = many(50, groups=10)
    frozen = freeze(things, tmp_path)
    assert freeze(reversed(things), tmp_path).version == frozen.version
    assert freeze(things[1:], tmp_path).version != frozen.version
    assert opened(tmp_path, frozen.version[:16]) == frozen
    frozen.path.write_text(frozen.path.read_text().replace("camera 1", "camera 2", 1))
    with pytest.raises(DataError, match="not what was frozen"):
        opened(tmp_path, frozen.version)


def test_splits_that_came_with_it_are_kept_unless_they_cross_a_camera(tmp_path: Path) -> None:
    medium = Medium(path="a.jpg", width=9, height=9, group="gate")
    label = (Label(word="a"),)
    train, test = (Labelled(medium=medium, labels=label, split=s) for s in ("train", "test"))
    assert freeze([train], tmp_path, keep_splits=True).counts == {"train": 1}
    with pytest.raises(DataError, match="gate: in the splits 'train' and 'test'"):
        freeze([train, test], tmp_path, keep_splits=True)


def test_nothing_labelled_is_a_failure(tmp_path: Path) -> None:
    medium = Medium(path="a.jpg", width=9, height=9)
    with pytest.raises(DataError, match="nothing is labelled"):
        freeze([Labelled(medium=medium)], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_version_is_told(tmp_path: Path) -> None:
    version = freeze(many(5, groups=5), tmp_path).version[:16]
    with pytest.raises(DataError, match=version):
        opened(tmp_path, "ffff")
    with pytest.raises(DataError, match=version):
        opened(tmp_path, "")


def test_who_told_all_that_is_there_is_not_talked_over_by_machines() -> None:
    person, machine = Origin(labeler=Labeler.HUMAN, time_s=5.0), Origin(labeler=Labeler.MODEL)
    imported = Label(word="gate", shape=Box(0, 0, 5, 5))
    human = Label(word="cat", shape=Box(1, 1, 9, 9), origin=person, id="1")
    early, late = (
        Label(word="cat", shape=Box(2, 2, 9, 9), origin=replace(machine, time_s=time_s))
        for time_s in (1.0, 9.0)
    )
    settled = Label(word=NOTHING, origin=person)
    assert believed([imported, early, human, late]) == (imported, early, human, late)
    assert believed([imported, early, human, settled, late]) == (imported, human)
    assert believed([early, Label(word=NOTHING, origin=machine)]) == (early,)
