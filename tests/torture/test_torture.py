"""Kill the whole pipeline, cut its power: what was accepted is there, decided and told.

`make torture` runs 200 kills and 100 power cuts; the tests run a few.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.torture.torturer import Torture

from vigil.core import VigilError
from vigil.testing.films import write_tiny_film
from vigil.testing.http_receiver import HttpReceiver

KILLS = int(os.environ.get("VIGIL_TORTURE_KILLS", "10"))
CUTS = int(os.environ.get("VIGIL_TORTURE_CUTS", "5"))
CUTS_A_LIFE = 5
IMAGE_BYTES = 96 << 20

pytestmark = pytest.mark.timeout(90 + 30 * (KILLS + CUTS))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something happens every other second."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return write_tiny_film(path, 6, [(0.5, 2.0), (2.6, 4.0), (4.4, 5.8)])


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver() as found:
        yield found


@pytest.fixture
def torture(tmp_path: Path, film: Path, receiver: HttpReceiver) -> Torture:
    return Torture(home=tmp_path / "home", film=film, receiver=receiver, log=tmp_path / "log")


def test_kills_lose_no_accepted_event_no_clip_and_no_alert(torture: Torture) -> None:
    random_ = random.Random(KILLS)
    for life in range(KILLS):
        assert torture.one_life(random_) > 0
        if life % 20 == 19:
            torture.settle_and_check()
            print(f"{life + 1} of {KILLS} kills: {len(torture.accepted)} steps accepted")
    assert torture.settle_and_check() > 0


def test_a_step_that_is_accepted_too_early_is_seen_to_be_lost(torture: Torture) -> None:
    """The check of the check: were it blind, the test above would prove nothing."""
    torture.flags = ("hasty",)
    random_ = random.Random(1)

    def lives() -> None:
        for _ in range(10):
            torture.one_life(random_)
            torture.settle_and_check()

    with pytest.raises(AssertionError, match="is lost"):
        lives()


def test_events_without_jobs_and_deadlines_are_seen_to_stay_undecided(torture: Torture) -> None:
    torture.flags = ("no-jobs", "brief")
    torture.one_life(random.Random(1))

    with pytest.raises(AssertionError, match="not settled"):
        torture.settle_and_check()


@dataclass(kw_only=True)
class Disk:
    """A small ext4 disk in a file. What was not synced is in memory only, not in the file."""

    image: Path
    mounts: list[Path]

    def mounted(self, image: Path, *options: str) -> Path:
        folder = image.with_suffix("")
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-o", ",".join(("loop", *options)), str(image), str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            _cannot(done.stderr)
        self.mounts.append(folder)
        return folder

    def as_after_a_power_cut(self, number: int) -> Path:
        """Mount what the file holds at this moment."""
        copy = self.image.with_name(f"cut-{number}.img")
        shutil.copyfile(self.image, copy)
        return self.mounted(copy)

    def let_go(self, folder: Path) -> None:
        self.mounts.remove(folder)
        # Lazily, so that a test that failed with a file open leaves no mount behind.
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _cannot(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"cannot mount here: {reason}")
    pytest.skip(f"cannot mount here: {reason}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(image=tmp_path / "disk.img", mounts=[])
    if shutil.which("mkfs.ext4") is None:
        _cannot("mkfs.ext4 is not installed")
    with made.image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(made.image)], check=True)
    yield made
    for folder in list(made.mounts):
        made.let_go(folder)


def cut_power(torture: Torture, disk: Disk, random_: random.Random, cuts: int) -> Iterator[Torture]:
    """One life; each time the power is cut: what is found after it, not yet settled."""
    victim = torture.start()
    try:
        for number in range(cuts):
            victim.wait_for(len(victim.accepted) + random_.randint(2, 10))
            victim.signal(signal.SIGSTOP)
            accepted, told = list(victim.accepted), list(torture.receiver.received)
            folder = disk.as_after_a_power_cut(number)
            with HttpReceiver() as receiver:
                after = Torture(
                    home=folder / "home", film=torture.film, receiver=receiver, log=torture.log
                )
                after.accepted = accepted
                receiver.received.extend(told)
                yield after
            disk.let_go(folder)
            folder.with_suffix(".img").unlink()
            folder.rmdir()
            victim.signal(signal.SIGCONT)
    finally:
        victim.kill()


def test_power_cuts_lose_no_accepted_event_no_clip_and_no_alert(
    torture: Torture, disk: Disk
) -> None:
    random_ = random.Random(CUTS)
    # Nothing reaches the file by itself while the test runs: only what is synced.
    torture.home = disk.mounted(disk.image, "commit=300") / "home"
    done = 0
    while done < CUTS:
        for after in cut_power(torture, disk, random_, min(CUTS_A_LIFE, CUTS - done)):
            assert after.settle_and_check() > 0
            done += 1
        print(f"{done} of {CUTS} power cuts")


def test_a_power_cut_without_syncs_is_seen_to_lose_events(torture: Torture, disk: Disk) -> None:
    torture.flags = ("no-sync",)
    torture.home = disk.mounted(disk.image, "commit=300") / "home"
    for after in cut_power(torture, disk, random.Random(1), 1):
        # Lost, cut short, or not even to be opened: each is what the syncs are there for.
        with pytest.raises((AssertionError, VigilError, sqlite3.DatabaseError)):
            after.settle_and_check()
