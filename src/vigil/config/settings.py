"""What every section of the file has in common."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    model_validator,
)

from vigil.config.problems import gathered, unknown_words

Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
"""Several words; one may be written alone."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _plain(name: str) -> str:
    if not re.fullmatch(r"\w[\w-]{0,63}", name):
        raise ValueError("allowed: letters, digits, _ and -, 64 at most")
    return name


Name = Annotated[str, AfterValidator(_plain)]
"""Shown to people, and part of file names."""


class Model(BaseModel):
    """A section: a value, in which unknown settings are refused with a guess at what was meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="wrap")
    @classmethod
    def _know_every_word(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(value, Mapping):
            return handler(value)
        known, problems = unknown_words(value, cls._words())
        return gathered(problems, lambda: handler(known))

    @classmethod
    def _words(cls) -> set[str]:
        words = set(cls.model_fields)
        for field in cls.model_fields.values():
            if isinstance(field.validation_alias, AliasChoices):
                words |= {str(choice) for choice in field.validation_alias.choices}
        return words
