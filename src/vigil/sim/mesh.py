"""Solid things as four-sided faces, and the few ways of making them."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int32

from vigil.sim.camera import Points, Vector

Colour = tuple[float, float, float]
"""Red, green, blue as on a screen, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Faces with one colour each. Corners run counter-clockwise seen from outside."""

    points: Points
    faces: Int32[np.ndarray, "m 4"]
    colours: Float32[np.ndarray, "m 3"]
    gloss: Float32[np.ndarray, "m"]
    """How much sky it mirrors, 0 to 1."""
    glow: Float32[np.ndarray, "m"]
    """Light that it sends out itself, in units of a sunlit white wall."""
    lift_m: Float32[np.ndarray, "m"]
    """Metres by which a face wins against its neighbours behind it: details on a surface."""

    def placed(self, x: float, y: float, z: float, heading: float) -> "Mesh":
        """Turned so that its own +y looks along `heading` (radians from +x), then moved."""
        turn = heading - np.pi / 2
        cos, sin = np.cos(turn), np.sin(turn)
        rotation = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float32)
        return replace(self, points=self.points @ rotation + np.array([x, y, z], np.float32))


def painted(
    points: Points, faces: Int32[np.ndarray, "m 4"], colour: Colour, **looks: float
) -> Mesh:
    """A mesh of one colour; `looks` may give `gloss`, `glow` and `lift_m`."""
    count = len(faces)
    return Mesh(
        np.asarray(points, np.float32),
        np.asarray(faces, np.int32),
        np.tile(np.array(colour, np.float32), (count, 1)),
        np.full(count, looks.get("gloss", 0.0), np.float32),
        np.full(count, looks.get("glow", 0.0), np.float32),
        np.full(count, looks.get("lift_m", 0.0), np.float32),
    )


def joined(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one."""
    starts = np.cumsum([0] + [len(mesh.points) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.points for mesh in meshes]),
        np.concatenate([mesh.faces + np.int32(s) for mesh, s in zip(meshes, starts, strict=True)]),
        np.concatenate([mesh.colours for mesh in meshes]),
        np.concatenate([mesh.gloss for mesh in meshes]),
        np.concatenate([mesh.glow for mesh in meshes]),
        np.concatenate([mesh.lift_m for mesh in meshes]),
    )


@lru_cache(maxsize=64)
def ring_faces(rings: int, around: int) -> Int32[np.ndarray, "m 4"]:
    """Faces of a tube whose points are stored ring by ring; the two ends are closed by fans.

    The fans use two more points, the centres of the first and the last ring, stored at the end.
    """
    ring, step = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    after = (step + 1) % around
    wall = np.stack(
        [
            ring * around + step,
            ring * around + after,
            (ring + 1) * around + after,
            (ring + 1) * around + step,
        ],
        axis=-1,
    ).reshape(-1, 4)
    here = np.arange(around)
    there = (here + 1) % around
    first, last = rings * around, rings * around + 1
    top = (rings - 1) * around
    start = np.stack([there, here, np.full(around, first), np.full(around, first)], axis=-1)
    end = np.stack([top + here, top + there, np.full(around, last), np.full(around, last)], axis=-1)
    faces = np.concatenate([wall, start, end]).astype(np.int32)
    faces.flags.writeable = False
    return np.asarray(faces)


def tube(
    centres: Float32[np.ndarray, "rings 3"],
    right: Float32[np.ndarray, "rings 3"],
    front: Float32[np.ndarray, "rings 3"],
    around: int,
) -> Points:
    """Points of a tube of ellipses with half axes `right` and `front`, ends included."""
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False, dtype=np.float32)
    ring = (
        centres[:, None]
        + np.cos(angle)[None, :, None] * right[:, None]
        + np.sin(angle)[None, :, None] * front[:, None]
    )
    return np.concatenate([ring.reshape(-1, 3), centres[:1], centres[-1:]]).astype(np.float32)


def limb(
    joints: list[Vector], radii_m: list[float], colour: Colour, around: int = 8, **looks: float
) -> Mesh:
    """A round tube through `joints`, as thick as `radii_m` at each of them."""
    centres = np.array(joints, np.float32)
    along = np.gradient(centres, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    # Limbs of our actors never lie along their own x axis for long, so it can span the ring.
    side = np.array([1.0, 0.0, 0.0], np.float32) - along[:, :1] * along
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
    radius = np.array(radii_m, np.float32)[:, None]
    points = tube(centres, side * radius, np.cross(along, side) * radius, around)
    return painted(points, ring_faces(len(joints), around), colour, **looks)


def block(size: Vector, centre: Vector, colour: Colour, **looks: float) -> Mesh:
    """A box with sides along the axes."""
    signs = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], np.float32)
    points = signs * np.array(size, np.float32) / 2 + np.array(centre, np.float32)
    faces = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
    return painted(points, np.array(faces, np.int32), colour, **looks)


def patch(corners: list[Vector], colour: Colour, **looks: float) -> Mesh:
    """One flat four-sided face, counter-clockwise seen from outside."""
    return painted(
        np.array(corners, np.float32), np.array([[0, 1, 2, 3]], np.int32), colour, **looks
    )


def disc(centre: Vector, radius_m: float, facing: int, colour: Colour, **looks: float) -> Mesh:
    """A round plate that faces +x (`facing` 1) or -x (-1)."""
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    points = np.zeros((21, 3), np.float32)
    points[:20, 1] = np.cos(angle) * radius_m
    points[:20, 2] = np.sin(angle) * radius_m
    here = np.arange(20)
    there = (here + 1) % 20
    hub = np.full(20, 20)
    fan = np.stack([here, there, hub, hub] if facing > 0 else [there, here, hub, hub], axis=-1)
    return painted(points + np.array(centre, np.float32), fan.astype(np.int32), colour, **looks)
