"""A real mail server on loopback (aiosmtpd) that keeps letters and refuses when it is told to."""

import ssl
from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from vigil.testing.mosquitto import free_port
from vigil.testing.running import Running

HOST = "127.0.0.1"


class MailServer(Running):
    """Keeps what it took in `letters`; `then` says how it answers the next ones."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        from_first_byte: bool = False,
        user: str = "",
        password: str = "",
    ) -> None:
        """`tls`: letters are taken only encrypted, after STARTTLS or from the first byte on.

        `user`: asks for a password.
        """
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self._answers: deque[str] = deque()
        self._login = LoginPassword(user.encode(), password.encode())
        self.port = free_port()
        self._tls = tls
        self._from_first_byte = from_first_byte
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen; back when ready."""
        self._controller = Controller(
            self,
            hostname=HOST,
            port=self.port,
            ssl_context=self._tls if self._from_first_byte else None,
            tls_context=None if self._from_first_byte else self._tls,
            require_starttls=self._tls is not None and not self._from_first_byte,
            auth_required=bool(self._login.login),
            authenticator=self._check,
        )
        self._controller.start()

    def stop(self) -> None:
        """Answer nobody any more; `start` comes back on the same port."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def then(self, *answers: str) -> None:
        """Answer the next letters so, such as `452 No room`."""
        self._answers.extend(answers)

    async def handle_DATA(  # noqa: N802  the name is the library's
        self, _server: Any, _session: Session, envelope: Envelope
    ) -> str:
        """Take a letter."""
        if self._answers:
            return self._answers.popleft()
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.envelopes.append(envelope)
        return "250 OK"

    def _check(self, _server: Any, _session: Any, _envelope: Any, _kind: str, said: Any) -> Any:
        return AuthResult(success=said == self._login, handled=False)
