"""What fails is tried again, at first soon and then now and then."""

from vigil.pipeline.retries import FIRST_S, LONGEST_S, Retries

from .hand import Hand


def test_a_camera_that_failed_is_tried_once_when_its_time_has_come() -> None:
    clock = Hand()
    retries = Retries(clock)
    retries.failed("gate", "no such file")
    assert retries.waits("gate")
    assert retries.reason("gate") == f"no such file; tried again in {FIRST_S:.0f} s"
    clock.sleep(FIRST_S - 0.1)
    assert retries.due() == []
    clock.sleep(0.1)
    assert retries.due() == ["gate"]
    assert retries.due() == []
    assert not retries.waits("gate")
    assert retries.reason("gate") == "no such file"


def test_each_failure_doubles_the_wait_up_to_a_limit() -> None:
    clock = Hand()
    retries = Retries(clock)
    waits = []
    for _ in range(20):
        retries.failed("gate", "no such file")
        began_s = clock.s
        while not retries.due():
            clock.sleep(1.0)
        waits.append(clock.s - began_s)
    assert waits[:4] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S]
    assert set(waits[4:]) == {LONGEST_S}


def test_the_same_failure_told_again_puts_nothing_off() -> None:
    clock = Hand()
    retries = Retries(clock)
    for _ in range(5):
        retries.failed("gate", "no such file")
        clock.sleep(1.0)
    assert retries.due() == ["gate"]


def test_a_camera_that_is_watched_begins_anew() -> None:
    clock = Hand()
    retries = Retries(clock)
    for _ in range(4):
        retries.failed("gate", "no such file")
        clock.sleep(LONGEST_S)
        retries.due()
    retries.forget("gate")
    retries.forget("gate")
    assert retries.reason("gate") is None
    retries.failed("gate", "unplugged")
    assert retries.reason("gate") == f"unplugged; tried again in {FIRST_S:.0f} s"
