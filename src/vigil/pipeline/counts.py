"""What one watch has done."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Counts:
    """What one watch has done since it began."""

    packets: int = 0
    """Video packets fed."""
    decoded: int = 0
    """Pictures decoded, catch-up and audits included."""
    compared: int = 0
    """Pictures compared with the background."""
    looks: int = 0
    """Looks that asked for a detector."""
    wakes: int = 0
    vetoes: int = 0
    """Key frames on which the gate opened and the detector saw nothing wanted."""
    overruled: int = 0
    """Wakes in spite of a veto, to learn whether vetoes are right."""
