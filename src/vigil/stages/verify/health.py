"""Events of the camera itself: its health proves them, or the watch has compared every view."""

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


def view_verdict(case: Case, clock: Clock) -> Verdict:
    """A few pictures, measured again, tell less than what the watch has compared for minutes."""
    return Verdict(
        event_id=case.event.id,
        ruling=Ruling.UNSURE,
        likelihood=0.7,
        reason="The watch compared the whole view with the usual one; measuring it adds nothing.",
        reason_zh="值守时已将整幅画面与平时对比，再次测量不会增加信息。",
        judge="second_look:view",
        time_s=clock.now_s(),
        seconds={"total": 0.0},
    )
