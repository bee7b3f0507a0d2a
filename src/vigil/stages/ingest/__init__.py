"""From a camera or file to packets."""

from vigil.stages.ingest.locate import source_of

__all__ = ["source_of"]
