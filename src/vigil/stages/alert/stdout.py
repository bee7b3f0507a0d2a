"""Standard output: for whoever starts us, and for a first look."""

import asyncio
import sys
from typing import Literal

from vigil.config.alerts import Language
from vigil.config.schedule import TimeZone
from vigil.core import Alert, AlertDelayed, part
from vigil.core.alert_json import alert_json
from vigil.core.json import as_line
from vigil.stages.alert.words import Updates, wording, worth_telling


@part
class StandardOutput:
    """Writes lines for people, or JSON, one line a message."""

    format: Literal["text", "json"] = "text"
    updates: Updates = "verdict"
    language: Language = "en"
    time_zone: TimeZone = "local"

    @property
    def pictures(self) -> bool:
        return False

    async def open(self) -> None:
        """It is there."""

    async def send(self, alert: Alert) -> str:
        if worth_telling(alert, self.updates):
            # A reader that does not read must not hold up everybody else.
            await asyncio.to_thread(_write, self._lines(alert))
        return ""

    async def close(self) -> None:
        """It stays open."""

    def _lines(self, alert: Alert) -> str:
        if self.format == "json":
            return as_line(alert_json(alert)).encode("utf-8", "replace").decode()
        return wording(alert, language=self.language, time_zone=self.time_zone).text


def _write(text: str) -> None:
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        raise AlertDelayed(f"standard output: {error}") from error
