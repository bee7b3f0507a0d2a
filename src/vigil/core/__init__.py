"""The words everyone speaks: values, protocols and errors. Imports nothing of ours."""

from vigil.core.boxes import Box, Boxes, areas, as_array, intersections, iou
from vigil.core.clips import Clip
from vigil.core.clock import Clock, SystemClock
from vigil.core.detections import Detections
from vigil.core.errors import (
    ConfigError,
    DecodeError,
    DiskFull,
    ModelError,
    SourceError,
    SourceLost,
    SourceRefused,
    StoreError,
    StoreUnavailable,
    VigilError,
)
from vigil.core.events import Event, Severity, Step, StepKind
from vigil.core.frames import Frame, Image, Look, Luma, Pixels, Rung
from vigil.core.ids import uuid7
from vigil.core.model_card import ModelCard, ModelInput
from vigil.core.packets import Encoding, Packet
from vigil.core.part import part
from vigil.core.protocols import (
    Detector,
    Embedder,
    Gate,
    Outbox,
    Rule,
    Source,
    Store,
    Tracker,
)
from vigil.core.scenes import Health, Scene, Signals, StaticBlob, Track

__all__ = [
    "Box",
    "Boxes",
    "Clip",
    "Clock",
    "ConfigError",
    "DecodeError",
    "Detections",
    "Detector",
    "DiskFull",
    "Embedder",
    "Encoding",
    "Event",
    "Frame",
    "Gate",
    "Health",
    "Image",
    "Look",
    "Luma",
    "ModelCard",
    "ModelError",
    "ModelInput",
    "Outbox",
    "Packet",
    "Pixels",
    "Rule",
    "Rung",
    "Scene",
    "Severity",
    "Signals",
    "Source",
    "SourceError",
    "SourceLost",
    "SourceRefused",
    "StaticBlob",
    "Step",
    "StepKind",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "SystemClock",
    "Track",
    "Tracker",
    "VigilError",
    "areas",
    "as_array",
    "intersections",
    "iou",
    "part",
    "uuid7",
]
