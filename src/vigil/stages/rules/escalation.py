"""What lasts too long matters more."""

from vigil.core import Severity
from vigil.stages.rules.moment import Moment

HIGHER = {
    Severity.INFO: Severity.LOW,
    Severity.LOW: Severity.MEDIUM,
    Severity.MEDIUM: Severity.HIGH,
    Severity.HIGH: Severity.HIGH,
}


def escalated(
    severity: Severity, *, since_lived_s: float, after_s: float | None, moment: Moment
) -> Severity:
    """One step up once it has lasted for `after_s`; None: it stays as it is."""
    long = after_s is not None and moment.passed(since_lived_s, after_s)
    return HIGHER[severity] if long else severity
