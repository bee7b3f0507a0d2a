"""Slack, WeCom, DingTalk and Feishu: what they get, and what their answers mean."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from vigil.core import AlertDelayed, AlertRefused, Outcome, StepKind
from vigil.stages.alert.chat import ChatRoom, cut
from vigil.stages.alert.dingtalk import DingTalkRoom
from vigil.stages.alert.feishu import FeishuRoom
from vigil.stages.alert.slack import SlackRoom
from vigil.stages.alert.wecom import WeComRoom
from vigil.testing.alerts import amended, an_alert, an_event
from vigil.testing.http_receiver import HttpReceiver, Responds

Send = Callable[..., list[str]]
KINDS = (SlackRoom, WeComRoom, DingTalkRoom, FeishuRoom)
WELL = Responds.json({"errcode": 0, "code": 0})


def room(kind: type[ChatRoom], receiver: HttpReceiver, **settings: Any) -> ChatRoom:
    receiver.well = WELL
    return kind(url=f"{receiver.url}/send?key=hush", allow_private=True, **settings)


def said(body: dict[str, Any]) -> str:
    """What people read, whatever the room calls it."""
    if "content" in body:
        post = body["content"]["post"]["zh_cn"]
        return "\n".join([post["title"], *(line[0]["text"] for line in post["content"])])
    text = body["text"]
    return text if isinstance(text, str) else text["content"]


@pytest.mark.parametrize("kind", KINDS)
def test_people_read_the_whole_alert(
    kind: type[ChatRoom], receiver: HttpReceiver, send: Send
) -> None:
    alert = an_alert()
    send(room(kind, receiver, language="zh", time_zone="Asia/Shanghai"), alert)
    (body,) = receiver.bodies()
    assert said(body).splitlines() == [
        "告警（已确认） · gate：院子里有人。",
        "second_look（把握 93%）：有人穿过院子。",
        "2023-11-15 20:00:00 +08:00 · 规则 yard · 严重程度：中",
        "https://vigil.example/events/1",
        f"#{alert.id[-8:]}",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_of_ones_own(kind: type[ChatRoom], receiver: HttpReceiver, send: Send) -> None:
    send(room(kind, receiver, text="Vigil $camera\n$claim"), an_alert())
    assert said(next(iter(receiver.bodies()))) == "Vigil gate\nA person is in the yard."


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_verdict_is_told_under_the_same_mark_an_end_is_not(
    kind: type[ChatRoom], receiver: HttpReceiver, send: Send
) -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    rejected = amended(first, Outcome.REJECTED)
    ended = amended(rejected, Outcome.REJECTED, step=StepKind.END)
    send(room(kind, receiver), first, rejected, ended)
    texts = [said(body) for body in receiver.bodies()]
    assert [text.split(" · ")[0] for text in texts] == ["Alert, unverified", "Withdrawn"]
    assert all(f"#{first.id[-8:]}" in text for text in texts)


def test_slack_cannot_be_made_to_call_people(receiver: HttpReceiver, send: Send) -> None:
    event = replace(an_event(), claim="<!channel> a & b <https://evil.example|click>")
    send(room(SlackRoom, receiver), an_alert(event))
    (body,) = receiver.bodies()
    assert "<" not in body["text"]
    assert "&lt;!channel&gt; a &amp; b" in body["text"]


def test_feishu_gets_pieces_in_which_tags_are_text(receiver: HttpReceiver, send: Send) -> None:
    event = replace(an_event(), claim='<at user_id="all"></at>')
    send(room(FeishuRoom, receiver), an_alert(event))
    (body,) = receiver.bodies()
    assert body["msg_type"] == "post"
    tags = {piece["tag"] for line in body["content"]["post"]["zh_cn"]["content"] for piece in line}
    assert tags == {"text"}


def test_wecom_calls_whom_it_is_told_to(receiver: HttpReceiver, send: Send) -> None:
    send(room(WeComRoom, receiver, mentioned=("@all",)), an_alert())
    send(room(WeComRoom, receiver), an_alert())
    first, second = (body["text"] for body in receiver.bodies())
    assert first["mentioned_list"] == ["@all"]
    assert "mentioned_list" not in second


def test_dingtalk_is_signed_in_the_address(receiver: HttpReceiver, send: Send) -> None:
    send(room(DingTalkRoom, receiver, secret="SEC1"), an_alert())
    (request,) = receiver.received
    query = parse_qs(urlsplit(request.path).query)
    (timestamp,) = query["timestamp"]
    expected = hmac.digest(b"SEC1", f"{timestamp}\nSEC1".encode(), hashlib.sha256)
    assert base64.b64decode(query["sign"][0]) == expected
    assert query["key"] == ["hush"]
    assert abs(int(timestamp) / 1000 - time.time()) < 60


def test_feishu_is_signed_in_the_body(receiver: HttpReceiver, send: Send) -> None:
    send(room(FeishuRoom, receiver, secret="SEC2"), an_alert())
    (body,) = receiver.bodies()
    expected = hmac.digest(f"{body['timestamp']}\nSEC2".encode(), b"", hashlib.sha256)
    assert base64.b64decode(body["sign"]) == expected


@pytest.mark.parametrize("kind", [DingTalkRoom, FeishuRoom])
def test_without_a_secret_nothing_is_signed(
    kind: type[ChatRoom], receiver: HttpReceiver, send: Send
) -> None:
    send(room(kind, receiver), an_alert())
    (request,) = receiver.received
    assert "sign" not in request.path
    assert "sign" not in request.json()


@pytest.mark.parametrize(
    ("kind", "answer", "error", "waits_s"),
    [
        (WeComRoom, {"errcode": 93000, "errmsg": "invalid webhook url"}, AlertRefused, None),
        (WeComRoom, {"errcode": 45009, "errmsg": "freq out of limit"}, AlertDelayed, 60),
        (WeComRoom, {"errcode": -1, "errmsg": "system busy"}, AlertDelayed, None),
        (DingTalkRoom, {"errcode": 310000, "errmsg": "sign not match"}, AlertRefused, None),
        (DingTalkRoom, {"errcode": 130101, "errmsg": "send too fast"}, AlertDelayed, 60),
        (FeishuRoom, {"code": 19024, "msg": "Key Words Not Found"}, AlertRefused, None),
        (FeishuRoom, {"code": 19021, "msg": "sign match fail"}, AlertRefused, None),
        (FeishuRoom, {"code": 11232, "msg": "frequency limited"}, AlertDelayed, 60),
        (FeishuRoom, {"code": 999999, "msg": "never heard of"}, AlertDelayed, None),
        (WeComRoom, {"hello": "world"}, AlertDelayed, None),
        (WeComRoom, {"errcode": "0"}, AlertDelayed, None),
        (FeishuRoom, [], AlertDelayed, None),
    ],
)
def test_a_200_that_means_no_is_understood(
    kind: type[ChatRoom],
    answer: Any,
    error: type[AlertDelayed | AlertRefused],
    waits_s: float | None,
    receiver: HttpReceiver,
    send: Send,
) -> None:
    sink = room(kind, receiver)
    receiver.then(Responds.json(answer))
    with pytest.raises(error) as caught:
        send(sink, an_alert())
    assert getattr(caught.value, "retry_after_s", None) == waits_s
    words = [word for word in dict(answer or {}).values() if word != "0"]
    assert all(str(word) in str(caught.value) for word in words if word != "world")
    assert "hush" not in str(caught.value)


def test_feishus_older_answer_is_understood(receiver: HttpReceiver, send: Send) -> None:
    sink = room(FeishuRoom, receiver)
    receiver.then(Responds.json({"StatusCode": 0, "StatusMessage": "success"}))
    send(sink, an_alert())
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(403, AlertRefused), (404, AlertRefused), (429, AlertDelayed)]
)
@pytest.mark.parametrize("kind", KINDS)
def test_statuses_count_where_there_is_no_code(
    kind: type[ChatRoom],
    status: int,
    error: type[Exception],
    receiver: HttpReceiver,
    send: Send,
) -> None:
    sink = room(kind, receiver)
    receiver.then(Responds(status=status, body=b"no_service"))
    with pytest.raises(error):
        send(sink, an_alert())


def test_long_texts_are_cut_between_characters() -> None:
    assert cut("短", 100) == "短"
    shortened = cut("长" * 1000, 2000)
    assert len(shortened.encode()) <= 2000
    assert shortened == "长" * 665 + "…"


def test_wecom_gets_no_more_than_it_takes(receiver: HttpReceiver, send: Send) -> None:
    event = replace(an_event(), claim="很" * 400, source="长" * 400)
    send(room(WeComRoom, receiver), an_alert(event, said="话" * 400))
    (body,) = receiver.bodies()
    assert 1900 < len(body["text"]["content"].encode()) <= 2048
