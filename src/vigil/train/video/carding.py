"""What the watch is to know of a clip network."""

from vigil.core import ModelCard, ModelInput
from vigil.train.video.asking import Asked


def clip_card(asked: Asked, *, dataset: str = "", licence: str = "") -> ModelCard:
    """A clip is one picture for the registry: its frames below each other, oldest at the top.

    `options` say how many frames there are and from how many seconds they are taken.
    """
    settings, preset = asked.way.settings, asked.way.preset
    return ModelCard(
        name=settings.name.lower(),
        file=f"{settings.name.lower()}.onnx",
        head="softmax",
        labels=asked.truths.labels,
        input=ModelInput(width=preset.side, height=preset.side * preset.frames, fit="stretch"),
        options={"frames": float(preset.frames)},
        licence_code="Apache-2.0",
        licence_weights=licence,
        source=f"vigil video train {settings.network}",
        dataset=dataset,
    )
