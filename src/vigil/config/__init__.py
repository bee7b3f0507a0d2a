"""From a YAML file to parts. The keys of the file are the arguments of the constructors."""

from vigil.config.app import App, CameraConfig, Metrics, Record, Retain, Shards
from vigil.config.home import Home, claimed, clip_place, open_home
from vigil.config.load import camera_folder, load, parse, save_camera
from vigil.config.parts import AnyDetector, AnyGate, AnyTracker
from vigil.config.reload import Changes, ConfigWatcher, changes
from vigil.config.sources import AnySource
from vigil.config.zones import AnyRule, Zone

__all__ = [
    "AnyDetector",
    "AnyGate",
    "AnyRule",
    "AnySource",
    "AnyTracker",
    "App",
    "CameraConfig",
    "Changes",
    "ConfigWatcher",
    "Home",
    "Metrics",
    "Record",
    "Retain",
    "Shards",
    "Zone",
    "camera_folder",
    "changes",
    "claimed",
    "clip_place",
    "load",
    "open_home",
    "parse",
    "save_camera",
]
