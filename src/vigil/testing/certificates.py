"""A certificate for a server on loopback, made by `openssl`."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """For `localhost` and 127.0.0.1, signed by itself."""

    certificate: Path
    """PEM; who trusts it reads it as `ca_file`."""
    key: Path

    def server(self) -> ssl.SSLContext:
        """What a server shows."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context


def find_openssl() -> str | None:
    """The program; None where it is not installed."""
    return shutil.which("openssl")


def make_certificate(folder: Path) -> Certificate:
    """A fresh one, good for a day. Raises RuntimeError where `openssl` is missing."""
    program = find_openssl()
    if program is None:
        raise RuntimeError("openssl is not installed")
    made = Certificate(certificate=folder / "certificate.pem", key=folder / "key.pem")
    command = [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own arguments
    return made
