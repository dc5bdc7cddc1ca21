"""What is worn over everything: blazers, coats, hoodies, cardigans and jackets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toonseg.demo.artist.cloth import Worn, box_of, draw_pattern, ribs, torso_shade
from toonseg.demo.artist.ink import Region, Rgb
from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.poses import Body
from toonseg.demo.artist.shapes import Points, curve, ellipse, moved, smooth, sweep
from toonseg.demo.artist.styles import mix


@dataclass(frozen=True)
class Cut:
    """A cut of an outer: hem and button heights (of seven heads), ease, and what it has."""

    hem: float
    button: float  # where the fronts meet
    ease: float
    lapels: bool = False
    hood: bool = False
    ribbed: bool = False
    collar: bool = False
    zipped: bool = False
    buttons: int = 0
    pockets: bool = True
    double: bool = False


CUTS: dict[str, Cut] = {
    "blazer": Cut(3.42, 2.5, 0.09, lapels=True, buttons=2),
    "coat": Cut(5.0, 2.3, 0.13, lapels=True, buttons=3, double=True),
    "hoodie": Cut(3.3, 1.75, 0.12, hood=True, ribbed=True, zipped=True),
    "cardigan": Cut(3.35, 2.3, 0.1, ribbed=True, buttons=4),
    "jacket": Cut(3.15, 1.6, 0.11, collar=True, zipped=True, ribbed=True),
    "denim": Cut(3.05, 1.6, 0.11, collar=True, buttons=5),
}


def draw_outer(worn: Worn) -> None:
    """Draw the trunk of an outer: two fronts that meet or hang open, and its collar."""
    pen, body, outer, owner = worn
    cut = CUTS[outer.cut]
    if body.back:
        shape = body.outline(_half(cut))
        region = pen.part(outer.rgb, owner, shape)
        torso_shade(pen, body, region, outer.rgb, bottom=cut.hem)
        pen.line(
            np.array([(0, body.down(1.3)), (0, body.down(cut.hem))]), outer.rgb, 0.7, "none", within=region
        )
        _hem(worn, cut, region)
        _back_collar(worn, cut)
        return
    for side in (1, -1):
        shape = _front(body, cut, side, outer.open)
        pen.drop_shadow(moved(shape, 0.035 * -side, 0.03), 0.75)
        region = pen.part(outer.rgb, owner, shape)
        draw_pattern(pen, region, outer, box_of(shape))
        torso_shade(pen, body, region, outer.rgb, bottom=cut.hem)
        _details(worn, cut, side, region)
    for side in (1, -1):
        _collar(worn, cut, side)
    _closing(worn, cut)


def _half(cut: Cut) -> tuple[tuple[str, float, float], ...]:
    ease = cut.ease
    trunk = (
        ("neck", 0.06, -0.03), ("slope", 0.0, -0.05), ("shoulder", 0.0, -0.035), ("arm", -0.03, 0.0),
        ("pit", ease * 0.6, 0.0),
        ("waist", ease * 1.3, 0.0), ("hip", ease, 0.0),
    )  # fmt: skip
    if cut.hem > 4:
        return (*trunk, ("seat", ease + 0.08, 0.5), ("seat", ease + 0.16, cut.hem - 3.5))
    return (
        *trunk[:-1],
        ("hip", ease, min(0.0, cut.hem - 3.35)),
        ("hip", ease - (0.05 if cut.ribbed else 0.0), cut.hem - 3.2),
    )


def _gap(cut: Cut, y: float, side: int, *, is_open: bool) -> float:
    """How far from the middle line the edge of a front runs at a height."""
    if is_open:
        return float(np.interp(y, (1.1, 1.6, cut.button, cut.hem), (0.2, 0.26, 0.3, 0.36)))
    return float(
        np.interp(
            y,
            (1.1, cut.button - 0.1, cut.button, cut.hem),
            (0.2, 0.06, -0.05, -0.05 if not cut.lapels else 0.04),
        )
    )


def _front(body: Body, cut: Cut, side: int, is_open: bool) -> Points:
    outer = [body.mark(name, side, dx, dy) for name, dx, dy in _half(cut)]
    levels = (cut.hem, cut.hem - 0.25, (cut.hem + cut.button) / 2, cut.button, (cut.button + 1.3) / 2, 1.35)
    inner = []
    for level in levels:
        x, y = body.point(side * max(_gap(cut, level, side, is_open=is_open), 0.001), level)
        if _gap(cut, level, side, is_open=is_open) < 0:
            x += -side * 0.05
        inner.append((x, y))
    rounded = inner[1:] if cut.lapels and not cut.double else inner
    corner = [(*outer[0], 1), *outer[1:-1], (*outer[-1], 1)]
    return curve(
        [*corner, (*inner[0], 1)] + [tuple(p) for p in rounded[1:]]
        if rounded is inner
        else [*corner, (inner[0][0] + side * 0.12, inner[0][1]), *rounded],
        steps=8,
    )


def _details(worn: Worn, cut: Cut, side: int, region: Region) -> None:
    pen, body, outer, _ = worn
    _hem(worn, cut, region)
    if not pen.fine(0.025):
        return
    if cut.pockets:
        x, y = body.point(side * 0.42, 3.0 if cut.hem > 3.2 else 2.75)
        if cut.lapels:
            flap = np.array(
                [
                    (x - 0.16, y - 0.01 * side),
                    (x + 0.16, y + 0.01 * side),
                    (x + 0.16, y + 0.1),
                    (x - 0.16, y + 0.1),
                ]
            )
            pen.line(np.vstack([flap, flap[:1]]), outer.rgb, 0.8, "none", within=region)
        else:
            pen.line(
                sweep((x - side * 0.1, y - 0.12), (x + side * 0.02, y + 0.08), (x + side * 0.06, y + 0.24)),
                outer.rgb,
                1.0,
                "none",
                within=region,
            )
    if outer.cut == "blazer" and side > 0:
        x, y = body.point(0.46, 2.0)
        crest = smooth(
            (x - 0.07, y - 0.08, 1),
            (x + 0.07, y - 0.08, 1),
            (x + 0.06, y + 0.05),
            (x, y + 0.11, 1),
            (x - 0.06, y + 0.05),
        )
        pen.mark(outer.trim, crest, within=region)
        pen.canvas.stroke(
            pen.frame(crest),
            mix(outer.trim, (30, 20, 30), 0.5),
            max(0.012 * pen.head_px, 0.5),
            closed=True,
            within=region,
        )
    if outer.cut == "denim":
        x, y = body.point(side * 0.42, 1.98)
        pocket = np.array(
            [(x - 0.14, y), (x + 0.14, y), (x + 0.14, y + 0.08), (x, y + 0.14), (x - 0.14, y + 0.08)]
        )
        pen.line(np.vstack([pocket, pocket[:1]]), outer.rgb, 0.8, "none", within=region)
        pen.canvas.stroke(
            pen.frame([body.mark("slope", side, 0.3, 0.35), body.point(side * 0.1, 1.85)]),
            outer.trim,
            max(0.012 * pen.head_px, 0.5),
            within=region,
        )


def _hem(worn: Worn, cut: Cut, region: Region) -> None:
    pen, body, outer, _ = worn
    if not cut.ribbed and outer.cut != "denim":
        return
    y = body.down(cut.hem - 0.17)
    band = [(-1.5, y), (1.5, y), (1.5, y + 1), (-1.5, y + 1)]
    if outer.cut == "jacket":
        pen.mark(outer.trim, band, within=region)
    pen.line(np.array(band[:2]), outer.rgb, 0.9, "none", within=region)
    if cut.ribbed:
        ribs(pen, region, outer.rgb, ((-0.9, y), (0.9, y)), deep=0.4)


def _collar(worn: Worn, cut: Cut, side: int) -> None:
    pen, body, outer, owner = worn
    wide = body.wide(side)
    nx, ny = body.mark("neck", side, 0.07, -0.07)
    if cut.lapels:
        bx, by = body.point(
            side * max(_gap(cut, cut.button - 0.05, side, is_open=outer.open), 0.0), cut.button - 0.05
        )
        notch = (nx + side * 0.2 * wide, body.down(1.56))
        lapel = curve(
            [(nx, ny, 1), (nx + side * 0.1 * wide, ny + 0.14),
                (notch[0] - side * 0.05, notch[1] - 0.05, 1),
                (notch[0] + side * 0.1 * wide, notch[1] - 0.07, 1),
             ((notch[0] + bx) / 2 + side * 0.11, (notch[1] + by) / 2), (bx, by, 1),
             (bx * 0.5 + nx * 0.5 - side * 0.035, (ny + by) / 2)]
        )  # fmt: skip
        pen.drop_shadow(moved(lapel, 0.03 * pen.lit, 0.04), 0.7)
        region = pen.part(outer.rgb, owner, lapel)
        pen.line(
            np.array(
                [(notch[0] - side * 0.05, notch[1] - 0.05), (notch[0] - side * 0.14 * wide, notch[1] + 0.02)]
            ),
            outer.rgb,
            1.0,
            "none",
            within=region,
        )
        if pen.fine(0.03):
            edge = outer.trim if outer.pattern == "plain" and outer.cut == "blazer" and outer.open else None
            if edge is not None:
                pen.canvas.stroke(
                    pen.frame(lapel), edge, max(0.018 * pen.head_px, 0.5), closed=True, within=region
                )
    elif cut.hood:
        hood = smooth(
            (nx - side * 0.02, ny - 0.02),
            (nx + side * 0.2 * wide, ny + 0.03),
            (nx + side * 0.3 * wide, ny + 0.19),
            (nx + side * 0.16 * wide, body.down(1.48)),
            (body.point(side * 0.12, 1.62)[0], body.down(1.64)),
            (nx + side * 0.03, body.down(1.36)),
        )
        region = pen.part(outer.rgb, owner, hood)
        pen.shadow(moved(hood, -side * 0.1, 0.05), region, 0.9)
        x, y = body.point(side * 0.14, 1.62)
        pen.canvas.stroke(
            pen.frame(sweep((x, y - 0.06), (x + side * 0.03, y + 0.2), (x, y + 0.46))),
            (250, 248, 244),
            max(0.032 * pen.head_px, 0.6),
            owner=owner,
        )
    elif cut.collar:
        mx, my = body.point(side * (0.07 if not outer.open else 0.24), 1.5)
        wing = curve(
            [
                (nx, ny - 0.02, 1),
                (mx, my - 0.12, 1),
                (mx + side * 0.14 * wide, my + 0.12, 1),
                (nx + side * 0.17 * wide, ny + 0.16, 1),
            ]
        )
        if outer.cut == "jacket":
            wing = curve(
                [
                    (nx - side * 0.04, ny - 0.09, 1),
                    (mx, my - 0.2),
                    (mx, my, 1),
                    (nx + side * 0.15 * wide, ny + 0.12, 1),
                ]
            )
        pen.drop_shadow(moved(wing, 0.02 * pen.lit, 0.045), 0.7)
        pen.part(outer.trim if outer.cut == "jacket" else outer.rgb, owner, wing)


def _back_collar(worn: Worn, cut: Cut) -> None:
    pen, body, outer, owner = worn
    (x0, y0), (x1, _) = body.mark("neck", -1, 0.1, -0.05), body.mark("neck", 1, 0.1, -0.05)
    if cut.hood:
        pen.part(
            outer.rgb,
            owner,
            smooth(
                (x0 - 0.16, y0 + 0.02),
                (x1 + 0.16, y0 + 0.02),
                (0.3, y0 + 0.5),
                (0, y0 + 0.64),
                (-0.3, y0 + 0.5),
            ),
        )
    elif cut.lapels or cut.collar:
        pen.part(
            outer.rgb,
            owner,
            smooth((x0, y0, 1), (x1, y0, 1), (x1 + 0.1, y0 + 0.2), (0, y0 + 0.24), (x0 - 0.1, y0 + 0.2)),
        )


def _closing(worn: Worn, cut: Cut) -> None:
    """Buttons or a zip along the fronts."""
    pen, body, outer, owner = worn
    if cut.zipped:
        for side in (-1, 1) if outer.open else (-1,):
            line = [
                body.point(side * max(_gap(cut, y, side, is_open=outer.open), 0.0), y)
                for y in np.linspace(cut.button + 0.05, cut.hem, 6)
            ]
            pen.canvas.stroke(
                pen.frame(line),
                mix(outer.rgb, (235, 235, 240), 0.65),
                max(0.028 * pen.head_px, 0.5),
                owner=owner,
            )
    if not cut.buttons or not pen.fine(0.03):
        return
    last = min(cut.hem - 0.25, 3.15 if cut.hem < 4 else 3.3)
    for y in np.linspace(cut.button + 0.03, last, cut.buttons):
        columns = (-0.15, 0.15) if cut.double and not outer.open else (0.0,)
        for column in columns:
            x, level = body.point(column, y)
            if outer.open:
                x, level = body.point(-_gap(cut, y, -1, is_open=True) - 0.07, y)
            _button(pen, x, level, outer.trim, owner)


def _button(pen: Pen, x: float, y: float, rgb: Rgb, owner: int) -> None:
    shape = ellipse(x, y, 0.042, 0.042, steps=14)
    pen.canvas.fill(pen.frame(shape), rgb, owner)
    pen.canvas.stroke(
        pen.frame(shape), mix(rgb, (20, 14, 24), 0.65), max(0.01 * pen.head_px, 0.5), closed=True
    )
    pen.mark(
        mix(rgb, (255, 255, 255), 0.6),
        ellipse(x - 0.012 * pen.lit, y - 0.012, 0.012, 0.012, steps=8),
        alpha=0.8,
    )
