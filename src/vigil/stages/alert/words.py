"""An alert in words, English or Chinese, by the clock of the site."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from vigil.config.alerts import Language
from vigil.config.schedule import zone_of
from vigil.core import Alert, Event, Outcome, Severity, StepKind, Unverified, Verdict

MOST_WORDS = 400
"""Characters of whatever others said: a judge, a rule, a label."""
Updates = Literal["all", "verdict", "none"]
"""Which later messages are told: all, those in which more changed than time, or none."""

TITLES: dict[tuple[Language, str], str] = {
    ("en", "pending"): "Alert, not verified yet",
    ("en", "confirmed"): "Alert, confirmed",
    ("en", "unverified"): "Alert, unverified",
    ("en", "rejected"): "Withdrawn",
    ("zh", "pending"): "告警（待核实）",
    ("zh", "confirmed"): "告警（已确认）",
    ("zh", "unverified"): "告警（未核实）",
    ("zh", "rejected"): "告警撤销",
}
SEVERITIES: dict[Severity, str] = {
    Severity.INFO: "提示",
    Severity.LOW: "低",
    Severity.MEDIUM: "中",
    Severity.HIGH: "高",
}
KINDS = {
    "colour": "颜色",
    "face": "人脸",
    "plate": "车牌",
    "posture": "姿态",
    "vehicle_type": "车型",
}
WHY: dict[Unverified, tuple[str, str]] = {
    Unverified.UNSURE: ("the judges are not sure", "裁决结果不确定"),
    Unverified.DEADLINE: ("no verdict came in time", "未能按时得到裁决"),
    Unverified.BUDGET: ("the budget of the large model is spent", "大模型额度已用完"),
    Unverified.BRAIN_DOWN: ("the large model does not answer", "大模型没有响应"),
    Unverified.NO_CLIP: ("there is no footage to judge by", "没有可供裁决的录像"),
    Unverified.SHED: ("more important events came first", "更重要的事件优先处理"),
    Unverified.NO_JUDGE: ("nobody is set up to judge it", "未配置裁决者"),
    Unverified.ERROR: ("a judge failed", "裁决出错"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What people read. No line holds a line break."""

    title: str
    claim: str
    verdict: str
    """What became of it, and why."""
    when: str
    """When and where it happened, and how much it matters."""
    found: str
    """What readers found out about its things; or empty."""
    clip: str
    """Where the clip is; or empty."""
    mark: str
    """By which messages of one alert are known to belong together."""

    @property
    def lines(self) -> tuple[str, ...]:
        """All below the title."""
        lines = (self.verdict, self.when, self.found, self.clip, self.mark)
        return tuple(line for line in lines if line)

    @property
    def text(self) -> str:
        """All of it, one line each."""
        return "\n".join((self.title, *self.lines))


def wording(alert: Alert, *, language: Language, time_zone: str) -> Wording:
    """Put an alert into words."""
    event = alert.event
    claim = clean((event.claim_zh if language == "zh" else "") or event.claim)
    head = TITLES[language, alert.decision.outcome.value]
    source, colon = clean(event.source), "：" if language == "zh" else ": "
    mark = f"#{alert.id[-8:]}"
    return Wording(
        title=f"{head} · {source}{colon}{claim}",
        claim=claim,
        verdict=_verdict(alert, language),
        when=_when(alert, language, time_zone),
        found=_found(event, language),
        clip=alert.clip_url or "",
        mark=f"{mark} · {alert.sequence + 1}" if alert.sequence else mark,
    )


def _verdict(alert: Alert, language: Language) -> str:
    decision = alert.decision
    english = language == "en"
    if decision.outcome is Outcome.UNVERIFIED:
        # An outcome without a reason is one that nobody could decide: the judges were not sure.
        why = WHY[decision.reason or Unverified.UNSURE][0 if english else 1]
        return f"Unverified: {why}." if english else f"未核实：{why}。"
    if decision.outcome is Outcome.PENDING:
        return "Told before any verdict." if english else "在裁决之前发出。"
    return "" if decision.verdict is None else _said(decision.verdict, language)


def _said(verdict: Verdict, language: Language) -> str:
    reason = clean((verdict.reason_zh if language == "zh" else "") or verdict.reason)
    sure = f"{verdict.confidence:.0%}"
    judge = clean(verdict.judge)
    if language == "zh":
        return f"{judge}（把握 {sure}）：{reason}"
    return f"{judge} ({sure} sure): {reason}"


def _when(alert: Alert, language: Language, time_zone: str) -> str:
    event = alert.event
    moment = local_time(event.start_s, time_zone)
    if alert.step is StepKind.END:
        moment += f" – {local_time(event.end_s, time_zone)[11:19]}"
    if language == "zh":
        matters = "紧急" if event.critical else SEVERITIES[event.severity]
        return f"{moment} · 规则 {clean(event.rule)} · 严重程度：{matters}"
    matters = "critical" if event.critical else event.severity.value
    return f"{moment} · rule {clean(event.rule)} · severity {matters}"


def _found(event: Event, language: Language) -> str:
    colon, comma = ("：", "，") if language == "zh" else (": ", ", ")
    parts = [
        f"{KINDS.get(each.kind, each.kind) if language == 'zh' else clean(each.kind, 40)}"
        f"{colon}{clean(each.word, 60)} ({each.score:.0%})".replace("_", " ")
        for each in event.readings
    ]
    return clean(comma.join(parts))


def local_time(time_s: float, time_zone: str) -> str:
    """`2026-01-31 08:00:03 +08:00`, for UTC seconds."""
    wall = datetime.fromtimestamp(time_s, UTC).astimezone(zone_of(time_zone))
    offset = wall.strftime("%z")
    return f"{wall:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]}"


def clean(text: str, most: int = MOST_WORDS) -> str:
    """One line that can neither hide, nor turn round, nor lead anywhere.

    What judges and pictures say is not ours: control and direction marks go, and addresses lose
    what makes programs turn them into links.
    """
    whole = text.encode("utf-8", "replace").decode()  # no halves of surrogate pairs
    spaced = "".join(" " if character.isspace() else character for character in whole)
    plain = "".join(
        character for character in spaced if unicodedata.category(character) not in ("Cc", "Cf")
    )
    line = " ".join(re.sub(r"(?i)\b([a-z][a-z0-9+.-]*):/+", r"\1 ", plain).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def worth_telling(alert: Alert, updates: Updates) -> bool:
    """Whether a receiver that wants such updates is to hear of this one."""
    if alert.before is None or updates == "all":
        return True
    return updates == "verdict" and _stands(alert) != _stands(alert.before)


def escalated(alert: Alert) -> bool:
    """Whether it matters more than before: then people must not miss it by a silent change."""
    before = alert.before
    return before is not None and _importance(alert.event) > _importance(before.event)


def _stands(alert: Alert) -> tuple[object, ...]:
    return alert.decision.outcome, alert.decision.reason, _importance(alert.event)


def _importance(event: Event) -> tuple[bool, int]:
    return event.critical, event.severity.rank
