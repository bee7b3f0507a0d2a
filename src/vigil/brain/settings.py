"""What may stand in the file about a large model."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, JsonValue, SecretStr

CALL = "/chat/completions"

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Extra = dict[str, JsonValue]


def base_address(text: str) -> str:
    """The address up to and without `/chat/completions`; raises ValueError."""
    allowed = "allowed: an address such as http://127.0.0.1:8000/v1"
    try:
        parts = urlsplit(text.strip())
        parts.port  # noqa: B018  looks whether it is a number
    except ValueError as error:
        raise ValueError(allowed) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(allowed)
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"{allowed}; a key belongs into api_key")
    path = parts.path.rstrip("/").removesuffix(CALL).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _key(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+", secret.get_secret_value()):
        raise ValueError("allowed: letters, digits and signs of ASCII without spaces")
    return secret


def _name(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("allowed: the model's name, as its server has it")
    return text.strip()


BaseUrl = Annotated[str, AfterValidator(base_address)]
"""Of a server; written by the administrator, so it may be in a private network."""
ModelName = Annotated[str, AfterValidator(_name)]
ApiKey = Annotated[SecretStr, AfterValidator(_key)]
