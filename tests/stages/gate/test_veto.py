"""Whether vetoes are heeded follows from what overruling them brought."""

from vigil.stages.gate.veto import VetoRecord


def test_a_veto_of_an_unknown_camera_is_overruled() -> None:
    assert VetoRecord(recheck=0.0).overrules()


def test_after_a_few_right_vetoes_they_are_heeded() -> None:
    record = VetoRecord(recheck=0.0)
    checks = 0
    while record.overrules():
        record.note(wrong=False)
        checks += 1
    assert 3 <= checks <= 8


def test_a_wrong_veto_takes_the_trust_away() -> None:
    record = VetoRecord(recheck=0.0)
    for _ in range(10):
        record.note(wrong=False)
    assert not record.overrules()
    record.note(wrong=True)
    record.note(wrong=True)
    assert record.overrules()


def test_trusted_vetoes_are_checked_now_and_then() -> None:
    record = VetoRecord(recheck=0.05, seed=3)
    for _ in range(100):
        record.note(wrong=False)
    assert 20 <= sum(record.overrules() for _ in range(1000)) <= 90


def test_old_outcomes_are_forgotten() -> None:
    record = VetoRecord(memory=20)
    for _ in range(50):
        record.note(wrong=True)
    for _ in range(60):
        record.note(wrong=False)
    assert record.wrong < record.allowed
