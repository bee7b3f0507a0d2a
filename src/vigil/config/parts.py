"""An open discriminated union: `kind` names an entry point, and only that one is imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import PydanticCustomError, core_schema

from vigil.core import Detector, Gate, Rule, Source, Tracker


@dataclass(frozen=True)
class OneOf:
    """Build the part whose entry point in `group` is called `kind`.

    A plain word stands for a part without settings: `detector: motion` is
    `detector: {kind: motion}`.
    """

    group: str

    def build(self, value: object) -> object:
        if isinstance(value, str):
            value = {"kind": value}
        if not isinstance(value, Mapping):
            return value  # a part made in Python
        fields = dict(value)
        kind = fields.pop("kind", None)
        found = {point.name: point for point in entry_points(group=self.group)}
        if kind not in found:
            raise PydanticCustomError(
                "unknown_kind",
                "no {what} of kind {kind}; allowed: {choices}",
                {
                    "what": self.group.removeprefix("vigil.").removesuffix("s"),
                    "kind": repr(kind),
                    "choices": ", ".join(sorted(found)),
                },
            )
        part: TypeAdapter[object] = TypeAdapter(found[kind].load())
        return part.validate_python(fields)

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.build)


AnySource = Annotated[Source, OneOf("vigil.sources")]
AnyGate = Annotated[Gate, OneOf("vigil.gates")]
AnyDetector = Annotated[Detector, OneOf("vigil.detectors")]
AnyTracker = Annotated[Tracker, OneOf("vigil.trackers")]
AnyRule = Annotated[Rule, OneOf("vigil.rules")]
