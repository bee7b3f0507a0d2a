"""Events of the camera itself: its health has proved them already."""

from vigil.core import Case, Clock, Ruling, Verdict


def health_verdict(case: Case, clock: Clock) -> Verdict:
    """Packets that do not come, or pictures that are the same to the last bit, need no look."""
    return Verdict(
        event_id=case.event.id,
        ruling=Ruling.CONFIRMED,
        likelihood=1.0,
        reason="The camera's own health shows it; there is nothing to look at.",
        reason_zh="摄像机自身的状态已经证明，无需查看画面。",
        judge="camera_health",
        time_s=clock.now_s(),
        seconds={"total": 0.0},
    )
