"""A walking person as a solid: bones from a gait, flesh and clothes around the bones."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from vigil.sim.camera import Points, Vector
from vigil.sim.mesh import Colour, Mesh, block, joined, limb, painted, ring_faces, tube
from vigil.sim.postures import Posture

STRIDE_M = 1.45
"""Ground covered by two steps of a person of 1.75 m at a usual walk."""

_JACKETS: tuple[Colour, ...] = (
    (0.11, 0.13, 0.20), (0.36, 0.10, 0.10), (0.17, 0.24, 0.17), (0.45, 0.44, 0.42),
    (0.08, 0.08, 0.09), (0.20, 0.30, 0.48), (0.62, 0.58, 0.50), (0.55, 0.40, 0.16),
    (0.70, 0.71, 0.73), (0.42, 0.20, 0.30),
)  # fmt: skip
_TROUSERS: tuple[Colour, ...] = (
    (0.15, 0.19, 0.30), (0.10, 0.10, 0.11), (0.24, 0.28, 0.36), (0.42, 0.37, 0.29),
    (0.22, 0.21, 0.20),
)  # fmt: skip
_SKINS: tuple[Colour, ...] = (
    (0.82, 0.62, 0.52), (0.72, 0.51, 0.40), (0.52, 0.35, 0.26), (0.36, 0.24, 0.18),
)  # fmt: skip
_HAIRS: tuple[Colour, ...] = (
    (0.09, 0.07, 0.06), (0.24, 0.16, 0.10), (0.42, 0.31, 0.19), (0.46, 0.45, 0.44),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How one person looks, apart from where the legs are."""

    height_m: float = 1.75
    breadth: float = 1.0
    """Against a usual build."""
    jacket: Colour = _JACKETS[0]
    trousers: Colour = _TROUSERS[0]
    skin: Colour = _SKINS[0]
    hair: Colour = _HAIRS[0]
    shoes: Colour = (0.07, 0.06, 0.06)
    long_hair: bool = False
    coat: bool = False
    """The jacket reaches the knees."""
    short_sleeves: bool = False
    backpack: Colour | None = None

    @classmethod
    def from_seed(cls, seed: int) -> "Looks":
        """The same person for the same seed."""
        random = np.random.default_rng([seed, 71])

        def one_of(colours: tuple[Colour, ...]) -> Colour:
            return colours[int(random.integers(len(colours)))]

        woman = bool(random.random() < 0.5)
        return cls(
            height_m=float(random.normal(1.68 if woman else 1.79, 0.05)),
            breadth=float(random.uniform(0.86, 0.98) if woman else random.uniform(0.96, 1.12)),
            jacket=one_of(_JACKETS),
            trousers=one_of(_TROUSERS),
            skin=one_of(_SKINS),
            hair=one_of(_HAIRS),
            long_hair=woman and bool(random.random() < 0.6),
            coat=bool(random.random() < 0.2),
            short_sleeves=bool(random.random() < 0.25),
            backpack=one_of(_JACKETS) if random.random() < 0.25 else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Where somebody is in a stride."""

    cycle: float = 0.0
    """Strides walked; 0 and 1 are the same picture."""
    effort: float = 1.0
    """0 stands, 1 walks, 1.6 hurries."""
    stoop: float = 0.0
    """0 upright, 1 bent down with a hand at the ground."""
    burdened: bool = False
    """The right hand carries something and swings little."""
    look_round: float = 0.0
    """Radians by which the head is turned."""
    posture: Posture | None = None
    """Instead of a stride: they fall, lie, sit, fight …"""


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A person drawn in a pose, feet at the origin, facing +y."""

    mesh: Mesh
    right_hand: Vector
    """Where a bag hangs."""


def body(looks: Looks, pose: Pose) -> Body:
    """Put flesh around the bones. About 600 faces."""
    if pose.posture is not None:
        return _posed(looks, pose.posture, pose.look_round)
    sway = 0.012 * np.sin(2 * np.pi * pose.cycle) * pose.effort
    legs = [_leg(side, pose) for side in (-1, 1)]
    pelvis_z = -min(float(leg[:, 2].min()) for leg in legs)
    legs = [leg + np.array([sway, 0, pelvis_z], np.float32) for leg in legs]
    lean = 0.06 * pose.effort + 1.15 * pose.stoop
    turn = 0.10 * float(np.cos(2 * np.pi * pose.cycle)) * min(pose.effort, 1.0)
    spine = _Spine(np.array([sway, 0, pelvis_z], np.float32), lean, turn=turn)
    arms = [_arm(side, spine, pose) for side in (-1, 1)]
    mesh = _fleshed(looks, legs, arms, spine, pose.look_round)
    size = _size(looks)
    hand = arms[1][-1] * size
    return Body(_moved(mesh, mesh.points * size), (float(hand[0]), float(hand[1]), float(hand[2])))


def _fleshed(
    looks: Looks,
    legs: list[Float32[np.ndarray, "4 3"]],
    arms: list[Float32[np.ndarray, "4 3"]],
    spine: "_Spine",
    look_round: float,
) -> Mesh:
    pieces = [_flesh_leg(leg, looks) for leg in legs]
    pieces += [_flesh_arm(arm, looks) for arm in arms]
    pieces += [_torso(spine, looks), *_head(spine, looks, look_round)]
    if looks.backpack is not None:
        pieces.append(_backpack(spine, looks.backpack))
    return joined(pieces)


def _size(looks: Looks) -> Float32[np.ndarray, "3"]:
    """By how much one person is larger than the usual one, along each axis of the upright body."""
    scale = looks.height_m / 1.75
    return np.array([scale * looks.breadth, scale * looks.breadth**0.5, scale], np.float32)


def _moved(mesh: Mesh, points: Points) -> Mesh:
    return Mesh(points, mesh.faces, mesh.colours, mesh.gloss, mesh.glow, mesh.lift_m)


def _posed(looks: Looks, posture: Posture, look_round: float) -> Body:
    """A body in a posture; its ankles are where they would stand, unless the posture says else.

    Flesh is put on upright bones, which limbs need (see `limb`), and then tilted as a whole.
    """
    legs = [_posed_leg(side, posture) for side in (-1, 1)]
    spine = _Spine(np.zeros(3, np.float32), posture.bend, turn=posture.turn)
    arms = [_posed_arm(side, spine, posture) for side in (-1, 1)]
    mesh, size = _fleshed(looks, legs, arms, spine, look_round), _size(looks)
    tilt = _tilt(posture)
    points = np.asarray((mesh.points * size) @ tilt, np.float32)
    ankles = np.mean([leg[2] * size for leg in legs], axis=0) @ tilt
    place = np.array([posture.aside_m - ankles[0], posture.ahead_m - ankles[1], 0], np.float32)
    place[2] = posture.lift_m - float(points[:, 2].min())
    hand = (arms[1][-1] * size) @ tilt + place
    solid = _moved(mesh, np.asarray(points + place, np.float32))
    return Body(solid, (float(hand[0]), float(hand[1]), float(hand[2])))


def _tilt(posture: Posture) -> Float32[np.ndarray, "3 3"]:
    """Rows of points times this are tilted to the front, then to the right."""
    cos, sin = np.cos(posture.pitch), np.sin(posture.pitch)
    front = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    cos, sin = np.cos(posture.roll), np.sin(posture.roll)
    side = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
    return np.asarray(front @ side, np.float32)


def _posed_leg(side: int, posture: Posture) -> Float32[np.ndarray, "4 3"]:
    """As `_leg`."""
    hip, knee = (angles[side > 0] for angles in (posture.hips, posture.knees))
    return _bones(side, hip, knee, lift=0.0)


def _posed_arm(side: int, spine: "_Spine", posture: Posture) -> Float32[np.ndarray, "4 3"]:
    """As `_arm`."""
    upper, elbow = (angles[side > 0] for angles in (posture.arms, posture.elbows))
    aside, level = np.sin(posture.spread) * side, np.cos(posture.spread)

    def along(angle: float) -> Float32[np.ndarray, "3"]:
        return np.array([aside, level * np.sin(angle), -level * np.cos(angle)], np.float32)

    shoulder = np.array([0.182 * side, 0.0, 0.468], np.float32)
    joint = shoulder + np.float32(0.30) * along(upper)
    wrist = joint + np.float32(0.255) * along(upper + elbow)
    tip = wrist + np.float32(0.13) * along(upper + elbow + 0.2)
    return spine.place(np.array([shoulder, joint, wrist, tip], np.float32))


class _Spine:
    """Maps points of an upright trunk (metres above the pelvis) to the leaning one."""

    def __init__(self, pelvis: Float32[np.ndarray, "3"], lean: float, *, turn: float) -> None:
        self.pelvis = pelvis
        self.cos, self.sin = float(np.cos(lean)), float(np.sin(lean))
        self.twist = turn

    def place(self, points: Float32[np.ndarray, "n 3"]) -> Float32[np.ndarray, "n 3"]:
        x, y, z = points.T
        turn = self.twist * np.clip(z / 0.5, 0, 1)
        x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
        turned = np.stack([x, y * self.cos + z * self.sin, z * self.cos - y * self.sin], axis=1)
        return np.asarray(turned + self.pelvis, np.float32)


def _leg(side: int, pose: Pose) -> Float32[np.ndarray, "4 3"]:
    """Hip, knee, ankle, toe; the pelvis is the origin. Angles as gait laboratories measure them."""
    cycle = (pose.cycle + (0.0 if side < 0 else 0.5)) % 1.0
    effort = min(pose.effort, 1.6)
    hip = np.radians(4 + 25 * np.cos(2 * np.pi * cycle)) * effort
    swing = np.exp(-(((cycle - 0.72) / 0.11) ** 2))
    give = np.exp(-(((cycle - 0.14) / 0.08) ** 2))
    knee = np.radians(5 + (55 * swing + 12 * give) * effort)
    lift = np.radians(28 * np.exp(-(((cycle - 0.60) / 0.09) ** 2)) * effort)
    bend = np.radians(48) * pose.stoop
    return _bones(side, hip + bend, knee + 2 * bend, lift=float(lift))


def _bones(side: int, hip: float, knee: float, *, lift: float) -> Float32[np.ndarray, "4 3"]:
    """A leg by its joints; `lift`: how far the heel is raised, radians."""
    shin = hip - knee
    x = 0.095 * side
    hip_point = np.array([x, 0.0, 0.0])
    knee_point = hip_point + 0.435 * np.array([0.02 * side, np.sin(hip), -np.cos(hip)])
    ankle = knee_point + 0.42 * np.array([-0.03 * side, np.sin(shin), -np.cos(shin)])
    foot = shin * 0.55 - lift
    toe = ankle + np.array([0.03 * side, 0.17 * np.cos(foot), -0.075 + 0.17 * np.sin(foot)])
    return np.array([hip_point, knee_point, ankle, toe], np.float32)


def _arm(side: int, spine: _Spine, pose: Pose) -> Float32[np.ndarray, "4 3"]:
    """Shoulder, elbow, wrist, finger tips."""
    cycle = pose.cycle + (0.5 if side < 0 else 0.0)
    loaded = pose.burdened and side > 0
    swing = (0.08 if loaded else 0.40) * np.cos(2 * np.pi * cycle) * min(pose.effort, 1.5)
    upper = swing - 0.06 + 0.9 * pose.stoop
    lower = upper + (0.05 if loaded else 0.30 + 0.25 * max(0.0, float(swing)))
    x = 0.182 * side
    shoulder = np.array([x, 0.0, 0.468])
    elbow = shoulder + 0.30 * np.array([0.12 * side, np.sin(upper), -np.cos(upper)])
    wrist = elbow + 0.255 * np.array([-0.02 * side, np.sin(lower), -np.cos(lower)])
    tip = wrist + 0.13 * np.array([-0.15 * side, np.sin(lower + 0.2), -np.cos(lower + 0.2)])
    return spine.place(np.array([shoulder, elbow, wrist, tip], np.float32))


def _along(joints: Float32[np.ndarray, "n 3"], places: list[float]) -> list[Vector]:
    """Points at fractions of the joints: 1.5 is halfway between the second and the third."""
    steps = np.arange(len(joints))
    columns = [np.interp(places, steps, joints[:, axis]) for axis in range(3)]
    return [(float(x), float(y), float(z)) for x, y, z in zip(*columns, strict=True)]


def _flesh_leg(leg: Float32[np.ndarray, "4 3"], looks: Looks) -> Mesh:
    places = [-0.0, 0.18, 0.45, 0.8, 1.0, 1.25, 1.6, 1.9, 2.0]
    radii = [0.088, 0.092, 0.084, 0.070, 0.066, 0.068, 0.062, 0.058, 0.050]
    trousers = limb(_along(leg, places), radii, looks.trousers, around=10)
    ankle, toe = leg[2], leg[3]
    heel = ankle + (ankle - toe) * 0.38 + np.array([0, 0, -0.055])
    sole = [heel + np.array([0, 0, 0.03]), ankle + np.array([0, 0.01, -0.035])]
    sole += [ankle * 0.45 + toe * 0.55 + np.array([0, 0, 0.012]), toe + np.array([0, 0, 0.018])]
    shoe = limb(
        [(float(p[0]), float(p[1]), float(p[2])) for p in sole],
        [0.035, 0.052, 0.047, 0.028],
        looks.shoes,
        gloss=0.08,
    )
    return joined([trousers, shoe])


def _flesh_arm(arm: Float32[np.ndarray, "4 3"], looks: Looks) -> Mesh:
    sleeve = looks.skin if looks.short_sleeves else looks.jacket
    upper = limb(_along(arm, [0.0, 0.12, 0.5, 0.8]), [0.050, 0.062, 0.055, 0.050], looks.jacket)
    lower = limb(
        _along(arm, [0.78, 1.0, 1.3, 1.7, 2.0]), [0.045, 0.047, 0.046, 0.038, 0.034], sleeve
    )
    hand = limb(_along(arm, [1.98, 2.2, 2.6, 3.0]), [0.028, 0.038, 0.036, 0.018], looks.skin)
    return joined([upper, lower, hand])


def _torso(spine: _Spine, looks: Looks) -> Mesh:
    hem = -0.38 if looks.coat else -0.10
    flare = 0.210 if looks.coat else 0.180
    levels = [hem, hem * 0.4, 0.08, 0.18, 0.30, 0.40, 0.47, 0.515, 0.545, 0.575]
    wide = [flare, 0.178, 0.160, 0.156, 0.178, 0.196, 0.200, 0.165, 0.100, 0.062]
    # A long coat is pushed out by the legs.
    deep = [
        0.235 if looks.coat else 0.130,
        0.165 if looks.coat else 0.128,
        0.112,
        0.110,
        0.124,
        0.128,
        0.112,
        0.092,
        0.074,
        0.060,
    ]
    rings = len(levels)
    centres = np.zeros((rings, 3), np.float32)
    centres[:, 2] = levels
    right, front = np.zeros_like(centres), np.zeros_like(centres)
    right[:, 0], front[:, 1] = wide, deep
    points = spine.place(tube(centres, right, front, 14))
    return painted(points, ring_faces(rings, 14), looks.jacket)


def _head(spine: _Spine, looks: Looks, turn: float) -> list[Mesh]:
    around, rings = 16, 11
    polar = np.linspace(0.12, np.pi - 0.12, rings, dtype=np.float32)
    centres = np.zeros((rings, 3), np.float32)
    centres[:, 2] = 0.735 - 0.128 * np.cos(polar)
    # Narrower at the chin, deeper at the back of the skull.
    jaw = 0.80 + 0.20 * np.clip((polar - 0.5) / 1.0, 0, 1)
    centres[:, 1] = 0.025 - 0.012 * np.clip((polar - 1.2) / 1.2, 0, 1)
    right, front = np.zeros_like(centres), np.zeros_like(centres)
    right[:, 0] = 0.078 * np.sin(polar) * jaw
    front[:, 1] = 0.100 * np.sin(polar) * (0.5 + 0.5 * jaw)
    points = tube(centres, right, front, around)
    faces = ring_faces(rings, around)
    local = (points[faces].mean(axis=1) - np.array([0, 0.015, 0.735])) / [0.078, 0.10, 0.128]
    colours = _face_colours(local.astype(np.float32), looks)
    cos, sin = np.cos(turn), np.sin(turn)
    points[:, :2] = points[:, :2] @ np.array([[cos, sin], [-sin, cos]], np.float32)
    skull = painted(spine.place(points), faces, looks.skin)
    colour = Mesh(skull.points, faces, colours, skull.gloss, skull.glow, skull.lift_m)
    neck_points = spine.place(
        np.array([[0, -0.005, 0.53], [0, 0.0, 0.60], [0, 0.012, 0.67]], np.float32)
    )
    neck = limb(_along(neck_points, [0, 1, 2]), [0.062, 0.054, 0.052], looks.skin)
    return [neck, colour]


def _face_colours(local: Float32[np.ndarray, "m 3"], looks: Looks) -> Float32[np.ndarray, "m 3"]:
    """Hair, skin, eyes and mouth by where a face of the head looks; axes right, front, up."""
    right, front, up = np.abs(local[:, 0]), local[:, 1], local[:, 2]
    length = -0.75 if looks.long_hair else -0.25
    hair = (up > 0.55) | ((front < 0.18 + 0.35 * up) & (up > length))
    colours = np.tile(np.array(looks.skin, np.float32), (len(local), 1))
    colours *= (0.90 + 0.10 * np.clip(front, -1, 1))[:, None]
    eyes = (front > 0.55) & (right > 0.18) & (right < 0.62) & (up > 0.0) & (up < 0.24)
    mouth = (front > 0.6) & (right < 0.35) & (up > -0.62) & (up < -0.42)
    colours[eyes] *= 0.42
    colours[mouth] *= np.array([0.80, 0.60, 0.60], np.float32)
    colours[hair] = looks.hair
    return np.asarray(colours, np.float32)


def _backpack(spine: _Spine, colour: Colour) -> Mesh:
    mesh = block((0.30, 0.17, 0.42), (0.0, -0.19, 0.27), colour)
    points = spine.place(mesh.points)
    return Mesh(points, mesh.faces, mesh.colours, mesh.gloss, mesh.glow, mesh.lift_m)
