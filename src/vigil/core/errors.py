"""Every error that we raise on purpose.

* VigilError
  - ConfigError      the configuration is wrong; the user can fix it
  - SourceError      a camera or file cannot be read
    · SourceRefused  we will not open it: a scheme, format or size that is not allowed
    · SourceLost     it answered before and may come back
    · DecodeError    bytes arrived, but no picture
  - ModelError       weights do not load, do not match their card, or shapes do not fit
  - StoreError       the database or the evidence folder refused
    · DiskFull       no room is left even after old clips went
    · StoreUnavailable  locked or out of reach for now; the same write may be tried again
"""


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


class StoreError(VigilError):
    """The database or the evidence folder refused."""


class DiskFull(StoreError):
    """No room is left, even after the oldest clips went."""


class StoreUnavailable(StoreError):
    """The database is locked, damaged or out of reach; what was to be written can be kept."""
