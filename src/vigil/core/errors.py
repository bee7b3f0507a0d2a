"""Every error that we raise on purpose.

* VigilError
  - ConfigError      the configuration is wrong; the user can fix it
  - SourceError      a camera or file cannot be read
    · SourceRefused  we will not open it: a scheme, format or size that is not allowed
    · SourceLost     it answered before and may come back
    · DecodeError    bytes arrived, but no picture
  - ModelError       weights do not load, do not match their card, or shapes do not fit
  - NetError         an address did not answer, or not as it should; it may be tried again
    · NetRefused     we will not talk to it: its scheme, its network, or where it leads
  - StoreError       the database or the evidence folder refused
    · DiskFull       no room is left even after old clips went
    · StoreUnavailable  locked or out of reach for now; the same write may be tried again
  - BrainError       a large model gave no usable answer
    · BrainUnavailable  no answer in time; it may be asked again
    · BrainRefused   it will not answer this question
    · BrainGarbled   what it says fits no schema
    · BudgetSpent    it must not be asked any more today
  - DataError        a data set of labels cannot be read or written
  - AlertError       a message did not reach its receiver
    · AlertDelayed   the receiver is not there for now; the same message may be sent again
    · AlertRefused   the receiver will never take this message
"""

from vigil.core.verdicts import Verdict


class VigilError(Exception):
    """Base class of every error that we raise on purpose; its text is one line for a user."""


class ConfigError(VigilError):
    """The configuration is wrong; each problem says where, what was found and what is allowed."""

    def __init__(self, problems: "list[str] | str") -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class SourceError(VigilError):
    """A camera or file cannot be read."""


class SourceRefused(SourceError):
    """We will not open it: its scheme, container, codec or size is not allowed."""


class SourceLost(SourceError):
    """It answered before and may come back."""


class DecodeError(SourceError):
    """Bytes arrived, but no picture."""


class ModelError(VigilError):
    """Weights do not load, do not match their card, or shapes do not fit."""


class NetError(VigilError):
    """An address did not answer, or broke off; it may be tried again."""


class NetRefused(NetError):
    """We will not talk to it: its scheme or network is not allowed, or it leads elsewhere."""


class StoreError(VigilError):
    """The database or the evidence folder refused."""


class DiskFull(StoreError):
    """No room is left, even after the oldest clips went."""


class StoreUnavailable(StoreError):
    """The database is locked, damaged or out of reach; what was to be written can be kept."""


class BrainError(VigilError):
    """A large model gave no usable answer."""

    verdict: Verdict | None = None
    """What a cheaper judge had said before, marked unsure; None when none was asked."""
    calls: int = 0
    """Requests that were made before it failed."""
    tokens_in: int = 0
    tokens_out: int = 0


class BrainUnavailable(BrainError):
    """No answer in time, or none at all; it may be asked again."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        """How long it asked us to wait; None when it did not say."""
        super().__init__(message)


class BrainRefused(BrainError):
    """The model will not answer this question; asking again is no use."""


class BrainGarbled(BrainError):
    """What the model says fits no schema, even after it was asked to mend it."""


class BudgetSpent(BrainError):
    """A budget of calls or tokens is spent; the text says which and until when."""


class DataError(VigilError):
    """A data set cannot be read or written: which file, what is wrong, what is allowed."""


class AlertError(VigilError):
    """A message did not reach its receiver."""


class AlertDelayed(AlertError):
    """The receiver cannot be reached or is busy; the same message may be sent again."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class AlertRefused(AlertError):
    """The receiver will never take this message; the text says why."""
