"""The settings that every rule shares, under the same names."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from vigil.config.schedule import AnySchedule
from vigil.core import Severity, part
from vigil.stages.rules.words import Claim, Phrase, fill, fill_chinese

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Labels = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
"""Words of the detector; one may be written alone."""


@part
class RuleSettings:
    """Settings of any rule."""

    CLAIM: ClassVar[str] = "{Thing} is {where}."
    CLAIM_ZH: ClassVar[str] = "{where}有{label}。"

    name: str = "rule"
    schedule: AnySchedule | None = None
    """When events may be raised; None: always. What is open when it ends is ended."""
    cool_down_s: Seconds = 0.0
    """No event begins within so many seconds of the end of the last. What still holds then
    begins then: it is put off, not lost.
    """
    cool_down_per: Literal["zone", "track"] = "zone"
    """What the cool-down is about: any event of the rule, which has one zone, or only events about
    the same thing, whoever else comes.
    """
    update_s: Seconds = 5.0
    """At most one `update` of an event in so many seconds, except when its severity rises or a
    reader has found out something of another kind.
    """
    severity: Severity = Severity.MEDIUM
    critical: bool = False
    """Alert at once, before any verdict."""
    claim: Claim | None = None
    """The sentence to be judged; None: the rule's own. See `words.BLANKS`."""
    claim_zh: Claim | None = None
    """The same in Chinese; None: the rule's own, or none beside a `claim` of the user's."""
    algorithm: str | None = None
    """The user's own noun for what is looked for."""

    @property
    def signals(self) -> frozenset[str]:
        return frozenset()

    def claims(
        self,
        *,
        label: str,
        whole: bool = True,
        seconds: float = 0.0,
        direction: str = "",
        number: Phrase = ("", ""),
        what: Phrase = ("", ""),
    ) -> Phrase:
        """The claim in English and in Chinese; `whole`: the rule watches the whole picture."""
        chinese = self.claim_zh or (self.CLAIM_ZH if self.claim is None else "")
        return (
            fill(
                self.claim or self.CLAIM,
                label=label,
                where="in the picture" if whole else "in the marked zone",
                seconds=seconds,
                direction=direction,
                number=number[0],
                what=what[0],
            ),
            fill_chinese(
                chinese,
                label=label,
                where="画面中" if whole else "标记区域内",
                seconds=seconds,
                direction=direction,
                number=number[1],
                what=what[1],
            ),
        )
