"""Smoke rises."""

from typing import ClassVar, Literal

from vigil.core import part
from vigil.stages.rules.plume_rule import PlumeRule
from vigil.stages.rules.settings import Labels, Seconds


@part
class Smoke(PlumeRule):
    """Fires when smoke spreads from one place for `longer_than_s`.

    Smoke is what a detector calls so, or a grey region that grows from where it began, stirs,
    and lets through what is behind it, softer. The event ends when it was not seen for `close_s`.
    Limits: smoke that was there when the camera began to watch, and what comes as slowly as fog,
    is not news; nor is smoke at night that no lamp shines on. Steam that spreads over metres, and
    dust, are taken for smoke.
    """

    KIND: ClassVar[Literal["fire", "smoke"]] = "smoke"
    CLAIM: ClassVar[str] = "Smoke rises {where}."
    CLAIM_ZH: ClassVar[str] = "{where}有烟雾。"

    name: str = "smoke"
    labels: Labels = ("smoke",)
    longer_than_s: Seconds = 4.0
    grace_s: Seconds = 1.6
