"""Twice, and a camera is left alone for a while."""

from vigil.pipeline.suspects import FORGET_S, QUARANTINE_S, Suspects

from .hand import Hand


def test_the_second_crash_means_quarantine() -> None:
    suspects = Suspects(Hand())
    assert not suspects.crashed("gate")
    assert suspects.reason("gate") is None
    assert suspects.crashed("gate")
    assert suspects.reason("gate") == "crashed its process 2 times; tried again in 600 s"
    assert suspects.reason("door") is None


def test_after_the_quarantine_one_more_crash_is_enough() -> None:
    clock = Hand()
    suspects = Suspects(clock)
    assert [suspects.crashed("gate"), suspects.crashed("gate")] == [False, True]
    clock.sleep(QUARANTINE_S - 1)
    assert suspects.release() == []
    clock.sleep(1)
    assert suspects.release() == ["gate"]
    assert suspects.release() == []
    assert suspects.reason("gate") is None
    assert suspects.crashed("gate")


def test_an_old_crash_is_forgotten() -> None:
    clock = Hand()
    suspects = Suspects(clock)
    suspects.crashed("gate")
    clock.sleep(FORGET_S)
    assert suspects.suspected("gate")
    clock.sleep(QUARANTINE_S + 1)
    assert not suspects.suspected("gate")
    assert not suspects.crashed("gate")


def test_other_settings_are_a_new_chance() -> None:
    suspects = Suspects(Hand())
    suspects.crashed("gate")
    suspects.forget("gate")
    suspects.forget("gate")
    assert not suspects.crashed("gate")


def test_a_death_without_a_suspect_is_an_accident_once() -> None:
    clock = Hand()
    suspects = Suspects(clock)
    assert not suspects.unexplained(["gate", "door"])
    assert not suspects.unexplained(["yard"])
    assert suspects.unexplained(["door"])
    assert not suspects.suspected("door")
    clock.sleep(FORGET_S + 1)
    assert not suspects.unexplained(["gate", "door", "yard"])
    suspects.forget("gate")
    assert not suspects.unexplained(["gate"])
