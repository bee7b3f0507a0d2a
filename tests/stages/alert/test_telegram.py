from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from vigil.core import AlertDelayed, AlertRefused, Outcome, StepKind
from vigil.stages.alert.telegram import TelegramChat
from vigil.testing.alerts import PICTURE, amended, an_alert
from vigil.testing.http_receiver import HttpReceiver, Received, Responds

Send = Callable[..., list[str]]
TOKEN = "1:hush"


def chat(receiver: HttpReceiver, **settings: Any) -> TelegramChat:
    receiver.well = Responds.json({"ok": True, "result": {"message_id": 41}})
    return TelegramChat(
        **{"token": TOKEN, "chat": -100, "api": receiver.url, "allow_private": True} | settings
    )


def refuses(description: str, status: int = 400, **parameters: Any) -> Responds:
    body = {"ok": False, "error_code": status, "description": description}
    return Responds.json(body | ({"parameters": parameters} if parameters else {}), status)


def form_of(request: Received) -> dict[str, bytes]:
    """The parts of a form, by name."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    whole = message_from_bytes(head + request.body, policy=policy.HTTP)
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in whole.iter_parts()
    }


def methods(receiver: HttpReceiver) -> list[str]:
    assert all(each.path.startswith(f"/bot{TOKEN}/") for each in receiver.received)
    return [each.path.rsplit("/", 1)[1] for each in receiver.received]


def test_a_text_goes_to_the_chat(receiver: HttpReceiver, send: Send) -> None:
    receipts = send(chat(receiver, thread=3, quiet=True), an_alert())
    assert (receipts, methods(receiver)) == (["text:41"], ["sendMessage"])
    (body,) = receiver.bodies()
    assert body["text"].startswith("Alert, confirmed · gate: A person is in the yard.")
    assert (body["chat_id"], body["message_thread_id"]) == (-100, 3)
    assert body["disable_notification"] is True
    assert body["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in body


def test_a_picture_goes_with_its_caption(receiver: HttpReceiver, send: Send) -> None:
    receipts = send(chat(receiver), an_alert(snapshot=PICTURE))
    assert (receipts, methods(receiver)) == (["photo:41"], ["sendPhoto"])
    parts = form_of(receiver.received[0])
    assert parts["photo"] == PICTURE
    assert parts["chat_id"] == b"-100"
    assert parts["disable_notification"] == b"false"
    assert parts["caption"].decode().startswith("Alert, confirmed · gate")


def test_without_pictures_a_text_is_enough(receiver: HttpReceiver, send: Send) -> None:
    send(chat(receiver, pictures=False), an_alert(snapshot=PICTURE))
    assert methods(receiver) == ["sendMessage"]


@pytest.mark.parametrize(
    ("receipt", "method", "field"),
    [("text:41", "editMessageText", "text"), ("photo:41", "editMessageCaption", "caption")],
)
def test_a_later_verdict_changes_the_message_in_place(
    receipt: str, method: str, field: str, receiver: HttpReceiver, send: Send
) -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    rejected = amended(first, Outcome.REJECTED, receipt=receipt)
    assert send(chat(receiver), rejected) == [receipt]
    (body,) = receiver.bodies()
    assert methods(receiver) == [method]
    assert (body["chat_id"], body["message_id"]) == (-100, 41)
    assert body[field].startswith("Withdrawn · gate")


def test_what_matters_more_than_before_is_told_anew(receiver: HttpReceiver, send: Send) -> None:
    first = an_alert()
    later = amended(first, Outcome.CONFIRMED, receipt="text:12")
    worse = replace(later, event=replace(first.event, critical=True))
    assert send(chat(receiver), worse) == ["text:41"]
    assert methods(receiver) == ["sendMessage"]


def test_the_same_text_again_is_no_failure(receiver: HttpReceiver, send: Send) -> None:
    sink = chat(receiver)
    receiver.then(refuses("Bad Request: message is not modified: specified new message content"))
    ended = amended(an_alert(), Outcome.CONFIRMED, step=StepKind.END, receipt="text:41")
    assert send(sink, ended) == ["text:41"]


def test_a_message_that_somebody_deleted_is_written_anew(
    receiver: HttpReceiver, send: Send
) -> None:
    sink = chat(receiver)
    receiver.then(refuses("Bad Request: message to edit not found"))
    assert send(sink, amended(an_alert(), Outcome.REJECTED, receipt="text:7")) == ["text:41"]
    assert methods(receiver) == ["editMessageText", "sendMessage"]


@pytest.mark.parametrize(
    ("answer", "error", "said", "waits_s"),
    [
        (refuses("Too Many Requests: retry after 9", 429, retry_after=9), AlertDelayed, "", 9),
        (refuses("Internal Server Error", 500), AlertDelayed, "Internal Server Error", None),
        (refuses("Forbidden: bot was kicked", 403), AlertRefused, "bot was kicked", None),
        (refuses("Unauthorized", 401), AlertRefused, "Unauthorized", None),
        (
            refuses("Bad Request: group chat was upgraded", 400, migrate_to_chat_id=-1007),
            AlertRefused,
            "the chat is -1007 now",
            None,
        ),
        (Responds.json({"ok": False, "description": "odd"}), AlertRefused, "odd", None),
        (Responds.json({"ok": True, "result": {}}), AlertDelayed, "no number", None),
        (Responds(body=b"<html>proxy</html>"), AlertDelayed, "something else", None),
        (Responds(status=502, body=b"<html>"), AlertDelayed, "502", None),
        (Responds(status=404, body=b""), AlertRefused, "404", None),
    ],
)
def test_what_an_answer_means(
    answer: Responds,
    error: type[AlertDelayed | AlertRefused],
    said: str,
    waits_s: float | None,
    receiver: HttpReceiver,
    send: Send,
) -> None:
    sink = chat(receiver)
    receiver.then(answer)
    with pytest.raises(error) as caught:
        send(sink, an_alert())
    assert said in str(caught.value)
    assert "hush" not in str(caught.value)
    assert getattr(caught.value, "retry_after_s", None) == waits_s


def test_long_texts_are_cut(receiver: HttpReceiver, send: Send) -> None:
    sink = chat(receiver, text="x" * 5000)
    send(sink, an_alert(), an_alert(snapshot=PICTURE))
    first, second = receiver.received
    assert len(first.json()["text"]) == 4000
    assert len(form_of(second)["caption"]) == 1000
