from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from vigil.config.alerts import AnySink
from vigil.core import AlertDelayed, AlertRefused, ConfigError, Outcome, StepKind
from vigil.stages.alert.email import Email
from vigil.testing.alerts import PICTURE, amended, an_alert, an_event
from vigil.testing.certificates import Certificate
from vigil.testing.mail_server import MailServer

Send = Callable[..., list[str]]


def email(server: MailServer, **settings: Any) -> Email:
    usual = {
        "host": "127.0.0.1",
        "port": server.port,
        "tls": "none",
        "sender": "vigil@example.com",
        "to": ("guard@example.com", "boss@example.com"),
        "time_zone": "UTC",
    }
    return Email(**usual | settings)


def test_a_letter_can_be_read_as_text_and_as_a_page(send: Send) -> None:
    with MailServer() as server:
        alert = an_alert()
        send(email(server), alert)
        (letter,) = server.letters
    assert letter["From"] == "Vigil <vigil@example.com>"
    assert letter["To"] == "guard@example.com, boss@example.com"
    assert letter["Subject"] == "Alert, confirmed · gate: A person is in the yard."
    assert letter["Message-ID"] == f"<{alert.id}.0@example.com>"
    assert (letter["X-Vigil-Alert"], letter["X-Vigil-Sequence"]) == (alert.id, "0")
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_body(("plain",)).get_content()
    assert "second_look (93% sure): Somebody walks across the yard." in text
    page = letter.get_body(("html",)).get_content()
    assert '<a href="https://vigil.example/events/1">' in page
    assert "<img" not in page


def test_the_picture_is_inside(send: Send) -> None:
    with MailServer() as server:
        send(email(server), an_alert(snapshot=PICTURE))
        send(email(server, pictures=False), an_alert(snapshot=PICTURE))
        with_one, without = server.letters
    page = with_one.get_body(("html",)).get_content()
    (image,) = [part for part in with_one.walk() if part.get_content_type() == "image/jpeg"]
    assert image.get_content() == PICTURE
    assert f'src="cid:{image["Content-ID"].strip("<>")}"' in page
    assert image.get_content_disposition() == "inline"
    assert not [part for part in without.walk() if part.get_content_type() == "image/jpeg"]


def test_a_chinese_letter_keeps_its_characters(send: Send) -> None:
    with MailServer() as server:
        send(email(server, language="zh"), an_alert())
        (letter,) = server.letters
    assert letter["Subject"] == "告警（已确认） · gate：院子里有人。"
    assert "有人穿过院子。" in letter.get_body(("plain",)).get_content()


def test_later_letters_are_of_the_same_thread(send: Send) -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    rejected = amended(first, Outcome.REJECTED)
    ended = amended(rejected, Outcome.REJECTED, step=StepKind.END)
    with MailServer() as server:
        send(email(server), first, rejected, ended)
        letters = server.letters
    assert [letter["In-Reply-To"] for letter in letters] == [None, letters[0]["Message-ID"]]
    assert letters[1]["References"] == letters[0]["Message-ID"]
    assert letters[1]["Subject"].startswith("Withdrawn")
    assert letters[1]["Message-ID"] != letters[0]["Message-ID"]


def test_a_repeat_has_the_same_id(send: Send) -> None:
    alert = an_alert()
    with MailServer() as server:
        send(email(server), alert, alert)
        one, other = server.letters
    assert one["Message-ID"] == other["Message-ID"]


@pytest.mark.parametrize("field", ["source", "claim", "rule", "label", "id"])
def test_no_header_can_be_smuggled_in(field: str, send: Send) -> None:
    evil = "x\r\nBcc: thief@example.com\r\n\r\n<script>alert(1)</script>"
    event = replace(an_event(), **{field: evil})
    with MailServer() as server:
        send(email(server), an_alert(event, said=evil))
        (letter,) = server.letters
        (envelope,) = server.envelopes
    assert letter["Bcc"] is None
    assert envelope.rcpt_tos == ["guard@example.com", "boss@example.com"]
    page = letter.get_body(("html",))
    assert isinstance(page, EmailMessage)
    assert "<script" not in page.get_content()


@pytest.mark.parametrize(
    ("answer", "error"),
    [("452 No room", AlertDelayed), ("421 Busy", AlertDelayed), ("554 Spam", AlertRefused)],
)
def test_what_an_answer_means(answer: str, error: type[Exception], send: Send) -> None:
    with MailServer() as server:
        server.then(answer)
        with pytest.raises(error, match=answer):
            send(email(server), an_alert())
        send(email(server), an_alert())
        assert len(server.letters) == 1


def test_letters_go_encrypted_with_a_password(certificate: Certificate, send: Send) -> None:
    settings = {"tls": "starttls", "user": "vigil", "ca_file": certificate.certificate}
    with MailServer(tls=certificate.server(), user="vigil", password="hush") as server:
        send(email(server, password="hush", **settings), an_alert())
        assert len(server.letters) == 1
        with pytest.raises(AlertRefused, match="535") as caught:
            send(email(server, password="wr0ng", **settings), an_alert())
    assert "wr0ng" not in str(caught.value)


def test_a_server_that_nobody_vouches_for_gets_nothing(
    certificate: Certificate, send: Send
) -> None:
    with MailServer(tls=certificate.server()) as server:
        with pytest.raises(AlertDelayed, match="certificate verify failed"):
            send(email(server, tls="starttls"), an_alert())
        assert server.letters == []


def test_a_server_without_encryption_gets_nothing_unless_told(send: Send) -> None:
    with MailServer() as server:
        with pytest.raises(AlertRefused, match="STARTTLS"):
            send(email(server, tls="starttls"), an_alert())
        assert server.letters == []


def test_letters_go_through_tls_from_the_first_byte(certificate: Certificate, send: Send) -> None:
    with MailServer(tls=certificate.server(), from_first_byte=True) as server:
        send(email(server, tls="tls", ca_file=certificate.certificate), an_alert())
        with pytest.raises(AlertDelayed, match="certificate verify failed"):
            send(email(server, tls="tls"), an_alert())
        assert len(server.letters) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"to": "Guard <guard@example.com>"}, "allowed: a plain address"),
        ({"to": ["a@b.example", "x\r\nBcc: y@z.example"]}, "allowed: a plain address"),
        ({"sender": "nobody"}, "allowed: a plain address"),
        ({"to": []}, "needs an address"),
        ({"tls": "none", "user": "vigil"}, "for all to read"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], said: str) -> None:
    usual = {"kind": "email", "host": "h", "sender": "a@b.example", "to": "c@d.example"}
    with pytest.raises((ValidationError, ConfigError), match=said):
        TypeAdapter(AnySink).validate_python(usual | settings)
