"""What is worn below the waist: skirts and pants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toonseg.demo.artist.cloth import Garment, Worn, draw_pattern
from toonseg.demo.artist.ink import Region
from toonseg.demo.artist.legs import draw_shoe
from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.poses import Body, Girths, Joints, Vector
from toonseg.demo.artist.shapes import Points, curve, moved, smooth, sweep
from toonseg.demo.artist.styles import mix

_HEMS = {
    "pleated": (4.45, 0.42),
    "mini": (4.2, 0.24),
    "a-line": (4.75, 0.38),
    "long": (5.9, 0.5),
    "pencil": (4.7, 0.02),
}


def draw_skirt(worn: Worn, legs: Sequence[Joints], *, seated: bool) -> None:
    """Draw a skirt from the waist to its hem: pleats, pattern and band."""
    pen, body, skirt, owner = worn
    hem, flare = _HEMS[skirt.cut]
    level = body.down(hem)
    if seated:
        level = max(knee[1] for _, knee, _ in legs) + (0.12 if skirt.cut != "long" else 1.0)
        flare += 0.12
    swing = float(np.mean([knee[0] for _, knee, _ in legs])) * 0.6
    left, right = (body.mark("hip", s, flare + 0.05, 0.0)[0] + swing for s in (-1, 1))
    waist = [body.mark("waist", s, 0.05, -0.06) for s in (-1, 1)]
    hips = [body.mark("hip", s, 0.06 + flare * 0.3, -0.1) for s in (-1, 1)]
    folds = {"pleated": 13, "mini": 11, "a-line": 5, "long": 7, "pencil": 3}[skirt.cut]
    edge = _hem_line(left, right, level, folds, deep=0.05 if skirt.cut in {"pleated", "mini"} else 0.025)
    sharp = skirt.cut in {"pleated", "mini"}
    pleats = [(x, y, 1 if sharp or index in {0, len(edge) - 1} else 0) for index, (x, y) in enumerate(edge)]
    shape = curve([(*waist[1], 1), hips[1], *pleats, hips[0], (*waist[0], 1)], steps=6)
    region = pen.part(skirt.rgb, owner, shape)
    low, high = shape.min(0), shape.max(0)
    draw_pattern(pen, region, skirt, (float(low[0]), float(low[1]), float(high[0]), float(high[1])))
    _folds(pen, skirt, region, waist, edge)
    band = [(-1.5, waist[0][1]), (1.5, waist[0][1]), (1.5, waist[0][1] + 0.13), (-1.5, waist[0][1] + 0.13)]
    pen.mark(mix(skirt.rgb, (20, 16, 30), 0.18), band, within=region)
    pen.line(np.array([band[3], band[2]]), skirt.rgb, 0.9, "none", within=region)


def _hem_line(left: float, right: float, level: float, folds: int, *, deep: float) -> list[Vector]:
    turns = np.linspace(-1, 1, folds)
    across = (left + right) / 2 + (right - left) / 2 * np.sin(turns * np.pi / 2.3) / np.sin(np.pi / 2.3)
    down = level + 0.07 * (1 - turns**2) + np.where(np.arange(folds) % 2, deep, 0)
    return [(float(x), float(y)) for x, y in zip(across[::-1], down[::-1], strict=True)]


def _folds(pen: Pen, skirt: Garment, region: Region, waist: list[Vector], edge: list[Vector]) -> None:
    count = len(edge)
    for index, (x, y) in enumerate(edge[1:-1], start=1):
        share = index / (count - 1)
        top = (waist[1][0] + (waist[0][0] - waist[1][0]) * share, waist[0][1] + 0.1)
        middle = (top[0] * 0.4 + x * 0.6, top[1] * 0.45 + y * 0.55)
        if index % 2:
            nx, ny = edge[index - 1]
            near = (top[0] * 0.35 + nx * 0.3 + x * 0.35, middle[1])
            pen.shadow(
                curve([(*top, 1), middle, (x, y + 0.05, 1), (x * 0.45 + nx * 0.55, ny + 0.05, 1), near]),
                region,
                0.85,
            )
        if skirt.cut in {"pleated", "mini"} or index % 2:
            start = (
                top
                if skirt.cut in {"pleated", "mini"}
                else (middle[0] * 0.6 + top[0] * 0.4, middle[1] * 0.6 + top[1] * 0.4)
            )
            pen.line(sweep(start, middle, (x, y)), skirt.rgb, 0.9, "head", within=region)


def draw_pants(worn: Worn, legs: Sequence[Joints]) -> None:
    """Draw pants: pelvis and two legs as one part, with crease, fly, pockets and shoes' hems."""
    pen, body, pants, owner = worn
    ease = {"slacks": 0.05, "jeans": 0.03, "wide": 0.13, "shorts": 0.07, "joggers": 0.07}[pants.cut]
    limb = body.limb
    loose = ease * {"joggers": 0.3, "wide": 1.5}.get(pants.cut, 1.0)
    girths = (0.26 * limb, 0.165 * limb + ease, 0.105 * limb + loose)
    pelvis = (("waist", 0.04, -0.05), ("hip", 0.045, -0.1), ("seat", 0.045, 0.0), ("thigh", -0.1, -0.02))
    shapes = [body.outline(pelvis)]
    for joints, side in zip(legs, (-1, 1), strict=True):
        shapes.append(_leg(body, side, joints, girths, short=pants.cut == "shorts"))
    region = pen.part(pants.rgb, owner, *shapes)
    draw_pattern(pen, region, pants, (-1.6, body.down(2.4), 1.6, body.down(7.2)))
    _shade_legs(pen, body, region, legs, girths)
    if pen.fine(0.025) and pen.shows(body.down(3.4)):
        for joints, side in zip(legs, (-1, 1), strict=True):
            _leg_folds(pen, pants, region, joints, girths, side=side)
        crotch = np.array([(0.0, body.down(3.62)), (0.0, body.down(3.85))])
        pen.line(crotch, pants.rgb, 0.9, "none", within=region)
    _waistband(pen, body, pants, region)


def _leg(body: Body, side: int, joints: Joints, girths: Girths, *, short: bool) -> Points:
    """Outline of a trouser leg from the hip's outer edge down and back up to the crotch."""
    _, wide, low = girths
    hip, knee, ankle = (np.array(joint) for joint in joints)
    outer, seat = (
        np.array(body.mark("hip", side, 0.045, -0.05)),
        np.array(body.mark("seat", side, 0.045, 0.06)),
    )
    crotch = np.array((-side * 0.03, body.down(3.72)))
    across = np.array((side, 0.0))
    if short:
        end = hip + (knee - hip) * 0.86
        down, up = [outer, seat, end + across * wide * 1.35], [end - across * wide * 1.25, crotch]
    else:
        foot = moved(ankle, 0.0, 0.06)
        down = [outer, seat, knee + across * wide, foot + across * low]
        up = [foot - across * low, knee - across * wide * 0.95, crotch]
    return np.vstack([curve(down, closed=False), curve(up, closed=False)])


def _shade_legs(pen: Pen, body: Body, region: Region, legs: Sequence[Joints], girths: Girths) -> None:
    thick, wide, low = (pen.lit * girth for girth in girths)
    shades = []
    for (ax, ay), (bx, by), (cx, cy) in legs:
        edge = [
            (ax + thick * 0.5, ay - 0.3), (ax + thick * 0.25, ay + 0.15),
            ((ax + bx + thick) / 2, (ay + by) / 2),
            (bx + wide * 0.15, by - 0.05), (bx + wide * 0.5, by + 0.25), (cx + low * 0.25, cy - 0.25),
            (cx + low * 0.4, cy + 0.1),
        ]  # fmt: skip
        far = [(cx + low * 1.05, cy + 0.1), (bx + wide * 1.05, by), (ax + thick * 1.05, ay)]
        shades.append(np.vstack([curve(edge, closed=False), curve(far, closed=False)]))
    top = body.down(3.55)
    shades.append(
        smooth(
            (-0.16, top - 0.02, 1),
            (0, top + 0.05),
            (0.16, top - 0.02, 1),
            (0.03, top + 0.2),
            (-0.03, top + 0.2),
        )
    )
    pen.shadow(shades, region)


def _leg_folds(
    pen: Pen, pants: Garment, region: Region, joints: Joints, girths: Girths, *, side: int
) -> None:
    """Creases at the crotch, the knee and the ankle, and the seam or the pressed fold."""
    _, wide, low = girths
    (ax, ay), (bx, by), (cx, cy) = joints
    creases = [
        ((side * 0.04, ay + dy + 0.18), (side * reach * 0.5, ay + dy + 0.13), (side * reach, ay + dy - dx))
        for dx, dy, reach in ((0.06, 0.12, 0.26),)
    ]
    if pants.cut != "shorts":
        creases += [
            (
                (bx - side * wide, by + dy),
                (bx - side * wide * 0.3, by + dy + 0.05),
                (bx + side * wide * reach, by + dy + 0.02),
            )
            for dy, reach in ((-0.05, 0.4), (0.06, 0.2))
        ]
        creases += [
            ((cx + side * low, cy - dy), (cx, cy - dy + 0.05), (cx - side * low * 0.6, cy - dy))
            for dy in (0.05, 0.15)
        ]
    for crease in creases:
        pen.line(sweep(*crease), pants.rgb, 0.8, "tail", within=region)
    if pants.cut == "slacks":
        fold = sweep((ax, ay + 0.35), (bx, by), (cx, cy))
        pen.line(fold, pants.rgb, 0.6, "none", within=region, alpha=0.5)
    if pants.cut == "jeans":
        seam = sweep((ax + side * 0.2, ay + 0.2), (bx + side * wide * 0.8, by), (cx + side * low * 0.8, cy))
        thread = mix(pants.rgb, (230, 200, 150), 0.5)
        pen.canvas.stroke(pen.frame(seam), thread, max(0.01 * pen.head_px, 0.4), within=region, alpha=0.7)


def _waistband(pen: Pen, body: Body, pants: Garment, region: Region) -> None:
    y = body.down(2.5)
    band = [(-1.5, y - 0.3), (1.5, y - 0.3), (1.5, y + 0.12), (-1.5, y + 0.12)]
    belt = pants.trim if pants.cut in {"slacks", "wide"} else mix(pants.rgb, (20, 16, 30), 0.12)
    pen.mark(belt, band, within=region)
    pen.line(np.array([band[3], band[2]]), pants.rgb, 0.9, "none", within=region)
    if body.back or not pen.fine(0.03):
        return
    x = body.middle(2.6)
    if pants.cut in {"slacks", "wide"}:
        pen.mark(
            (214, 196, 140),
            [(x - 0.07, y - 0.0), (x + 0.07, y - 0.0), (x + 0.07, y + 0.1), (x - 0.07, y + 0.1)],
            within=region,
        )
    pen.line(
        sweep((x, y + 0.12), (x + 0.015, y + 0.5), (x - 0.03, body.down(3.6))),
        pants.rgb,
        0.9,
        "none",
        within=region,
    )
    for side in (-1, 1):
        hx, hy = body.mark("hip", side, 0.0, -0.3)
        pen.line(
            sweep((hx - side * 0.24, y + 0.13), (hx - side * 0.14, hy), (hx + side * 0.06, hy + 0.08)),
            pants.rgb,
            0.9,
            "none",
            within=region,
        )


def draw_shoes(pen: Pen, body: Body, legs: Sequence[Joints], rgb: tuple[int, int, int]) -> None:
    """Draw both shoes, before the pants that fall on them."""
    for (_, _, ankle), side in zip(legs, (-1, 1), strict=True):
        draw_shoe(pen, body, ankle, side, rgb)
