import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import SecretStr

from vigil.core import AlertDelayed, AlertRefused, ConfigError, Outcome
from vigil.net import Limits
from vigil.stages.alert import http
from vigil.stages.alert.webhook import Webhook
from vigil.testing.alerts import PICTURE, amended, an_alert
from vigil.testing.http_receiver import HttpReceiver, Responds

Send = Callable[..., list[str]]


def webhook(receiver: HttpReceiver, **settings: Any) -> Webhook:
    url = f"{receiver.url}/hook?token=hush"
    return Webhook(**{"url": url, "allow_private": True} | settings)


def test_the_whole_alert_comes_as_json_under_its_id(receiver: HttpReceiver, send: Send) -> None:
    alert = an_alert(snapshot=PICTURE)
    send(webhook(receiver), alert)
    (request,) = receiver.received
    assert (request.method, request.path) == ("POST", "/hook?token=hush")
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["x-vigil-alert"] == alert.id
    assert request.headers["x-vigil-sequence"] == "0"
    found = request.json()
    assert found["event"]["claim_zh"] == "院子里有人。"
    assert found["verdict"]["ruling"] == found["outcome"] == "confirmed"
    assert "snapshot_base64" not in found


def test_a_picture_comes_when_it_is_wanted(receiver: HttpReceiver, send: Send) -> None:
    send(webhook(receiver, pictures=True), an_alert(snapshot=PICTURE), an_alert())
    first, second = receiver.bodies()
    assert first["snapshot_base64"].startswith("/9j/")
    assert "snapshot_base64" not in second


def test_whoever_knows_the_secret_can_check_who_sent_it(receiver: HttpReceiver, send: Send) -> None:
    send(webhook(receiver, secret="key"), an_alert())
    (request,) = receiver.received
    timestamp = request.headers["x-vigil-timestamp"]
    signed = timestamp.encode() + b"." + request.body
    expected = hmac.digest(b"key", signed, hashlib.sha256).hex()
    assert request.headers["x-vigil-signature"] == f"sha256={expected}"
    assert abs(int(timestamp) - time.time()) < 60


def test_without_a_secret_it_goes_unsigned(receiver: HttpReceiver, send: Send) -> None:
    send(webhook(receiver), an_alert())
    assert "x-vigil-signature" not in receiver.received[0].headers


def test_a_body_of_ones_own(receiver: HttpReceiver, send: Send) -> None:
    tree = {"priority": 5, "message": "$title", "tags": ["$camera", "$severity"]}
    send(webhook(receiver, body=tree), an_alert())
    assert receiver.received[0].json() == {
        "priority": 5,
        "message": "Alert, confirmed · gate: A person is in the yard.",
        "tags": ["gate", "medium"],
    }


def test_a_body_of_plain_text_with_headers_of_ones_own(receiver: HttpReceiver, send: Send) -> None:
    sink = webhook(
        receiver,
        method="PUT",
        body="$claim",
        content_type="text/plain; charset=utf-8",
        language="zh",
        headers={"Authorization": SecretStr("Bearer hush"), "X-Title": "Vigil"},
    )
    send(sink, an_alert())
    (request,) = receiver.received
    assert request.method == "PUT"
    assert request.body.decode() == "院子里有人。"
    assert request.headers["authorization"] == "Bearer hush"
    assert request.headers["x-title"] == "Vigil"


def test_a_text_of_json_is_escaped(receiver: HttpReceiver, send: Send) -> None:
    send(webhook(receiver, body='{"said": "$verdict"}'), an_alert(said='say "no" \\ yes'))
    assert 'say "no" \\ yes' in json.loads(receiver.received[0].body)["said"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None), (204, None),
        (400, AlertRefused), (401, AlertRefused), (404, AlertRefused), (410, AlertRefused),
        (408, AlertDelayed), (425, AlertDelayed), (429, AlertDelayed),
        (500, AlertDelayed), (502, AlertDelayed), (503, AlertDelayed),
        (302, AlertRefused), (304, AlertRefused),
    ],
)  # fmt: skip
def test_what_an_answer_means(
    status: int, error: type[Exception] | None, receiver: HttpReceiver, send: Send
) -> None:
    receiver.then(Responds(status=status, body=b"", headers={"Location": "/elsewhere"}))
    if error is None:
        send(webhook(receiver), an_alert())
    else:
        with pytest.raises(error) as caught:
            send(webhook(receiver), an_alert())
        assert "hush" not in str(caught.value)
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_receiver_says_when_to_come_back(
    status: int, receiver: HttpReceiver, send: Send
) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    waits = []
    for value in ("7", at, "soon", "-3"):
        receiver.then(Responds(status=status, headers={"Retry-After": value}))
        with pytest.raises(AlertDelayed) as caught:
            send(webhook(receiver), an_alert())
        waits.append(caught.value.retry_after_s)
    assert waits[0] == 7
    assert waits[1] == pytest.approx(300, abs=60)
    assert waits[2:] == [None, None]


def test_a_receiver_that_hangs_or_breaks_off_is_tried_again(
    receiver: HttpReceiver, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LIMITS", Limits(connect_s=2, read_s=0.2, total_s=2))
    for answer in (Responds(hangs_s=20), Responds(drops=True)):
        receiver.then(answer)
        with pytest.raises(AlertDelayed):
            send(webhook(receiver), an_alert())


def test_private_addresses_are_for_those_who_say_so(receiver: HttpReceiver, send: Send) -> None:
    with pytest.raises(AlertRefused, match="private network"):
        send(webhook(receiver, allow_private=False), an_alert())
    assert receiver.received == []


def test_only_wanted_updates_are_sent(receiver: HttpReceiver, send: Send) -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    send(
        webhook(receiver, updates="verdict"),
        first,
        amended(first, Outcome.UNVERIFIED),
        amended(first, Outcome.CONFIRMED),
    )
    assert [body["outcome"] for body in receiver.bodies()] == ["unverified", "confirmed"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": "ftp://example.com/x"}, "url: allowed: an address"),
        ({"url": "https://example.com/a b"}, "url: allowed: an address"),
        ({"headers": {"Bad Name": "x"}}, "no name of a header"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "characters that HTTP does not allow"),
        ({"headers": {"x-vigil-alert": "1"}}, "is set by us"),
        ({"content_type": "text/plain\r\nX: y"}, "characters that HTTP does not allow"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Webhook(**{"url": "https://example.com/hook"} | settings)
