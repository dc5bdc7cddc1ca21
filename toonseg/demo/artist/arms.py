"""Arms: bare or sleeved, and the hands at their ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toonseg.demo.artist.ink import Region, Rgb
from toonseg.demo.artist.legs import limb_shade
from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.poses import Arm, Body, Girths, HandShape, Joints, Vector
from toonseg.demo.artist.props import draw_prop
from toonseg.demo.artist.shapes import Points, bone, curve, ellipse, moved, normal, smooth, sweep

# Hands along x from the wrist, the thumb towards +y: palms, fingers (root, tip, two radii), lines.
_PALM = (
    (-0.05, -0.068), (0.06, -0.088), (0.2, -0.112), (0.26, -0.09), (0.27, 0.06), (0.2, 0.085),
    (0.07, 0.088), (-0.05, 0.068),
)  # fmt: skip
_FIST = (
    (-0.05, -0.068), (0.07, -0.092), (0.19, -0.122), (0.285, -0.085), (0.302, 0.0), (0.28, 0.085),
    (0.19, 0.115),
    (0.07, 0.095), (-0.05, 0.068),
)  # fmt: skip
_FINGERS: dict[str, tuple[tuple[Vector, Vector], ...]] = {
    "relaxed": (
        ((0.2, -0.085), (0.345, -0.088)), ((0.2, -0.045), (0.405, -0.04)), ((0.2, 0.0), (0.43, 0.008)),
        ((0.2, 0.042), (0.39, 0.05)), ((0.06, 0.06), (0.215, 0.118)),
    ),
    "open": (
        ((0.2, -0.078), (0.36, -0.17)), ((0.23, -0.032), (0.44, -0.07)), ((0.24, 0.015), (0.45, 0.03)),
        ((0.21, 0.06), (0.39, 0.12)), ((0.05, 0.06), (0.19, 0.185)),
    ),
    "point": (((0.2, -0.06), (0.5, -0.07)),),
    "fist": (),
    "pocket": (),
}  # fmt: skip
_LINES: dict[str, tuple[tuple[Vector, ...], ...]] = {
    "relaxed": (
        ((0.25, -0.066), (0.3, -0.066), (0.35, -0.064)), ((0.24, -0.021), (0.32, -0.018), (0.4, -0.014)),
        ((0.25, 0.022), (0.32, 0.026), (0.39, 0.03)), ((0.1, 0.04), (0.16, 0.062), (0.2, 0.085)),
    ),
    "open": (((0.1, 0.03), (0.15, 0.045), (0.18, 0.08)),),
    "fist": (
        ((0.2, -0.055), (0.25, -0.06), (0.3, -0.055)), ((0.21, 0.0), (0.26, -0.002), (0.305, 0.0)),
        ((0.1, 0.085), (0.2, 0.045), (0.27, 0.05)),
    ),
}  # fmt: skip
_LINES |= {"point": _LINES["fist"], "pocket": ()}


@dataclass(frozen=True)
class Sleeve:
    """Cloth around an arm: how far down it goes (0 shoulder, 1 elbow, 2 wrist), how loose, its cuff."""

    rgb: Rgb
    owner: int
    length: float
    ease: float
    cuff: Rgb | None = None
    ribbed: bool = False


@dataclass(frozen=True)
class Cloth:
    """A colour, and the garment that it belongs to."""

    rgb: Rgb
    owner: int


def draw_arm(
    pen: Pen,
    body: Body,
    arm: Arm,
    side: int,
    *,
    skin: Rgb,
    sleeves: list[Sleeve],
    pocket: Cloth | None,
) -> None:
    """Draw an arm: the hand and bare skin first, then its sleeves from the innermost out.

    A hand that is in a pocket vanishes in the cloth ``pocket``, or hangs beside it without one.
    """
    joints = body.arm_joints(arm, side)
    _, elbow, wrist = joints
    longest = max((sleeve.length for sleeve in sleeves), default=0.0)
    if arm.layer != "behind":
        radii = (0.16 * body.limb + 0.02, 0.14 * body.limb + 0.02, 0.1 * body.limb + 0.02)
        cast = _limb(body, side, joints, radii, 2.0)
        pen.drop_shadow([moved(shape, 0.03 * pen.lit, 0.05) for shape in cast.shapes], 0.8)
    if arm.prop in {"phone", "cup", "book"}:
        draw_prop(pen, arm, wrist, side)
    if longest < 1.9:
        radii = (0.15 * body.limb, 0.112 * body.limb, 0.075 * body.limb)
        limb = _limb(body, side, joints, radii, 2.0)
        region = pen.part(skin, None, *limb.shapes, edges=limb.edges)
        limb_shade(pen, region, joints, radii, 0.8)
    if arm.hand != "hidden":
        draw_hand(
            pen,
            arm.hand if pocket or arm.hand != "pocket" else "relaxed",
            wrist,
            elbow,
            side,
            skin=skin,
            limb=body.limb,
        )
    if arm.prop == "bag":
        draw_prop(pen, arm, wrist, side)
    for sleeve in sleeves:
        draw_sleeve(pen, body, joints, side, sleeve, covered=sleeve is not sleeves[-1])
    if arm.hand == "pocket" and pocket is not None:
        _pocket(pen, pocket, elbow, wrist, side)


def _pocket(pen: Pen, cloth: Cloth, elbow: Vector, wrist: Vector, side: int) -> None:
    """Let a hand vanish in a pocket: cloth over the fingers, and the pocket's edge."""
    x, y = wrist
    edge = [(x + side * 0.16, y + 0.05), (x + side * 0.02, y + 0.13), (x - side * 0.17, y + 0.12)]
    cover = curve(
        [(*edge[2], 1), edge[1], (*edge[0], 1), (x + side * 0.1, y + 0.3), (x - side * 0.1, y + 0.42)]
    )
    region = pen.canvas.fill(pen.frame(cover), cloth.rgb, cloth.owner)
    pen.line(sweep(*edge), cloth.rgb, 1.1, "none", owner=cloth.owner)
    pen.shadow(moved(cover, 0.1 * pen.lit, 0.02), region, 0.6)


def draw_sleeve(
    pen: Pen, body: Body, joints: Joints, side: int, sleeve: Sleeve, *, covered: bool = False
) -> None:
    """Draw one sleeve with its shade, folds and cuff; of a ``covered`` one only what may peep out."""
    thin = body.limb
    radii = (0.15 * thin + sleeve.ease * 0.6, 0.12 * thin + sleeve.ease, 0.092 * thin + sleeve.ease * 0.8)
    limb = _limb(body, side, joints, radii, sleeve.length)
    if covered:
        if sleeve.length > 1.2:
            pen.part(sleeve.rgb, sleeve.owner, limb.shapes[-1])
        return
    region = pen.part(sleeve.rgb, sleeve.owner, *limb.shapes, edges=limb.edges)
    limb_shade(pen, region, joints, radii, 1.0)
    _sleeve_folds(pen, region, joints, radii, side=side, sleeve=sleeve)
    shoulder, elbow, wrist = (np.array(joint) for joint in joints)
    if sleeve.length > 1.2:
        stop = elbow + (wrist - elbow) * (sleeve.length - 1)
        _cuff(pen, region, stop, _unit(wrist - elbow), radius=radii[2], sleeve=sleeve)
    else:
        stop = shoulder + (elbow - shoulder) * sleeve.length
        _cuff(pen, region, stop, _unit(elbow - shoulder), radius=radii[0] * 1.1, sleeve=sleeve)


def _sleeve_folds(
    pen: Pen, region: Region, joints: Joints, radii: Girths, *, side: int, sleeve: Sleeve
) -> None:
    """Creases that run out from the inside of the elbow, and one below the shoulder."""
    if not pen.fine(0.02):
        return
    (x, y), reach = joints[0], side * radii[0]
    pen.line(
        sweep((x - reach * 0.75, y + 0.16), (x - reach * 0.2, y + 0.24), (x + reach * 0.25, y + 0.24)),
        sleeve.rgb,
        0.75,
        "tail",
        within=region,
    )
    if sleeve.length <= 1.2:
        return
    a, b, c = (np.array(joint) for joint in joints)
    u, v = _unit(a - b), _unit(c - b)
    bend = float(np.linalg.norm(u + v))
    bent = bend > 0.5
    inside = (u + v) / bend if bend > 0.25 else normal(a - b) * side
    root = b + inside * radii[1] / max(0.5, (1 - bend**2 / 4) ** 0.5)
    heel = b - inside * radii[1] * (0.45 if bent else -0.2)
    creases = ((u, 0.1, 0.24), (u, 0.0, 0.08), (v, 0.06, 0.12), (v, 0.14, 0.26))
    for way, start, end in creases[1:3] if bend > 1.2 else creases if bent else creases[:3]:
        head, tail = root + way * start, heel + way * end
        middle = (head + tail) / 2 + way * 0.03
        pen.line(curve([head, middle, tail], closed=False), sleeve.rgb, 0.9, "tail", within=region)
    if bent:
        pen.shadow(np.array([root + u * 0.12, b, root + v * 0.12, root + inside * 0.1]), region, 0.8)


def _unit(way: Points) -> Points:
    return way / max(float(np.linalg.norm(way)), 1e-6)


def _cuff(pen: Pen, region: Region, end: Points, way: Points, *, radius: float, sleeve: Sleeve) -> None:
    """Mark off the end of a sleeve, whose last bone runs along the unit vector ``way``."""
    side = np.array([-way[1], way[0]]) * radius * 1.6
    deep = 0.13 if sleeve.length > 1.2 else 0.05
    band = np.array(
        [end + side + way * 0.2, end - side + way * 0.2, end - side - way * deep, end + side - way * deep]
    )
    if sleeve.cuff is not None:
        pen.mark(sleeve.cuff, band, within=region)
    if pen.fine(0.02):
        pen.line(np.array([band[2], band[3]]), sleeve.rgb, 0.9, "none", within=region)
        if sleeve.ribbed and pen.fine(0.04):
            for share in np.linspace(0.15, 0.85, 6):
                root = band[2] + (band[3] - band[2]) * share
                tone = sleeve.cuff or sleeve.rgb
                pen.line(np.array([root, root + way * 0.3]), tone, 0.5, "none", within=region, alpha=0.6)


@dataclass(frozen=True)
class _Limb:
    """Shapes that make an arm, and the open lines that outline it where it leaves the trunk."""

    shapes: list[Points]
    edges: list[Points]


def _limb(body: Body, side: int, joints: Joints, radii: Girths, length: float) -> _Limb:
    """An arm from its root on the trunk to ``length`` (1 the elbow, 2 the wrist)."""
    a, b, c = (np.array(joint) for joint in joints)
    way = b - a
    out = -normal(way) * side
    top = np.array(body.mark("shoulder", side, -0.13, -0.085))
    pit = np.array(body.mark("pit", side, -0.03, 0.0))
    crown = a + out * radii[0]
    if length <= 1.2:
        end = a + way * min(length, 1.0)
        outer = curve([top, crown, end + out * radii[0] * 1.06], closed=False)
        inner = curve(
            [end - out * radii[0] * 1.12, (end - out * radii[0] * 1.12) * 0.5 + pit * 0.5, pit], closed=False
        )
        return _Limb([np.vstack([outer, inner])], [np.vstack([outer, inner])])
    middle = (a + b) / 2
    girth = (radii[0] + radii[1]) / 2
    outer = curve([top, crown, middle + out * girth * 1.04, b + out * radii[1]], closed=False)
    inner = curve([b - out * radii[1], middle - out * girth * 1.02, pit], closed=False)
    stop = b + (c - b) * min(length - 1, 1.0)
    fore = c - b
    across = normal(fore)
    wide, thin = radii[1], radii[2]
    bulge = (b + stop) / 2
    lower = np.vstack(
        [
            curve(
                [b + across * wide, bulge + across * (wide + thin) * 0.53, stop + across * thin], closed=False
            ),
            curve(
                [stop - across * thin, bulge - across * (wide + thin) * 0.53, b - across * wide], closed=False
            ),
        ]
    )
    joint = ellipse(b[0], b[1], wide, wide, steps=24)
    return _Limb(
        [np.vstack([outer, inner]), joint, lower],
        [outer[1:], inner, np.vstack([joint, joint[:1]]), np.vstack([lower, lower[:1]])],
    )


def draw_hand(
    pen: Pen, shape: HandShape, wrist: Vector, elbow: Vector, side: int, *, skin: Rgb, limb: float
) -> None:
    """Draw a hand at the end of a forearm, its thumb towards the body."""
    way = np.array(wrist) - np.array(elbow)
    thumb = 1.0 if side * way[1] >= 0 else -1.0
    hand = pen.at(wrist[0], wrist[1], float(np.arctan2(way[1], way[0])), scale=0.55 + 0.45 * limb)
    flip = np.array([1.0, thumb])
    palm = smooth(*(_FIST if shape in {"fist", "point", "pocket"} else _PALM)) * flip
    fingers = [bone(np.array(a) * flip, np.array(b) * flip, 0.034, 0.026) for a, b in _FINGERS[shape]]
    region = hand.part(skin, None, palm, *fingers)
    hand.shadow(moved(palm, -0.1, 0.09 * flip[1]), region, 0.5)
    if hand.fine(0.03):
        for line in _LINES[shape]:
            hand.line(sweep(*line) * flip, skin, 0.75, within=region)
