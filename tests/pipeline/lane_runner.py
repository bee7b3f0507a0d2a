"""A process that delivers to a webhook until it is killed: `lane_runner.py DATABASE URL [rash]`.

`rash` notes a message as sent before it sends it, which is how alerts are lost.
"""

import asyncio
import sys

from vigil.pipeline.lanes import Lanes, Patience
from vigil.stages.alert.webhook import Webhook
from vigil.store import Delivery, DeliveryStore
from vigil.store.database import Database


class Rash(DeliveryStore):
    def take(self, sink: str, *, now_s: float) -> Delivery | None:
        found = super().take(sink, now_s=now_s)
        if found is not None:
            self.sent(found.position, now_s=now_s, receipt="")
        return found


def main(path: str, url: str, how: str = "") -> None:
    store = (Rash if how == "rash" else DeliveryStore)(Database(path))
    webhook = Webhook(url=url, allow_private=True)
    patience = Patience(first_s=0.05, longest_s=0.2, poll_s=0.02)
    asyncio.run(Lanes({"hook": webhook}, store, patience=patience).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
