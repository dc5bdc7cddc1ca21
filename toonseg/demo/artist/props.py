"""What hands hold."""

from __future__ import annotations

import numpy as np

from toonseg.demo.artist.pens import Pen
from toonseg.demo.artist.poses import Arm, Vector
from toonseg.demo.artist.shapes import ellipse, moved, smooth, sweep


def draw_prop(pen: Pen, arm: Arm, wrist: Vector, side: int) -> None:
    """Draw what a hand holds."""
    x, y = wrist
    inwards = -side
    if arm.prop == "phone":
        body = smooth(
            (x + inwards * 0.02, y - 0.42, 1),
            (x + inwards * 0.25, y - 0.46, 1),
            (x + inwards * 0.3, y - 0.02, 1),
            (x + inwards * 0.07, y + 0.02, 1),
        )
        pen.part((58, 60, 74), None, body)
        pen.mark((120, 128, 146), ellipse(x + inwards * 0.1, y - 0.38, 0.03, 0.03))
    elif arm.prop == "cup":
        cup = smooth(
            (x + inwards * 0.0, y - 0.38, 1),
            (x + inwards * 0.3, y - 0.38, 1),
            (x + inwards * 0.26, y + 0.04, 1),
            (x + inwards * 0.04, y + 0.04, 1),
        )
        region = pen.part((250, 246, 240), None, cup)
        pen.mark(
            (186, 140, 104),
            [(x - 1, y - 0.22), (x + 1, y - 0.22), (x + 1, y - 0.06), (x - 1, y - 0.06)],
            within=region,
        )
        pen.part(
            (90, 80, 86),
            None,
            smooth(
                (x + inwards * -0.02, y - 0.37, 1),
                (x + inwards * 0.32, y - 0.37, 1),
                (x + inwards * 0.3, y - 0.44, 1),
                (x + inwards * 0.0, y - 0.44, 1),
            ),
        )
    elif arm.prop == "book":
        book = np.array(
            [
                (x + inwards * -0.02, y - 0.38),
                (x + inwards * 0.46, y - 0.32),
                (x + inwards * 0.44, y + 0.3),
                (x + inwards * -0.02, y + 0.26),
            ]
        )
        region = pen.part((96, 142, 150), None, book)
        pen.mark((246, 242, 230), book * (1, 1) + (inwards * 0.39, 0.02), within=region)
    elif arm.prop == "bag":
        bag = smooth(
            (x - 0.36, y + 0.46, 1),
            (x + 0.36, y + 0.46, 1),
            (x + 0.42, y + 1.02),
            (x + 0.34, y + 1.08),
            (x - 0.34, y + 1.08),
            (x - 0.42, y + 1.02),
        )
        pen.canvas.stroke(
            pen.frame(sweep((x - 0.16, y + 0.48), (x, y + 0.16), (x + 0.16, y + 0.48))),
            (70, 52, 50),
            0.045 * pen.head_px,
            owner=0,
        )
        region = pen.part((136, 96, 76), None, bag)
        pen.shadow(moved(bag, 0.5 * pen.lit, 0.1), region)
        pen.line(
            np.array([(x - 0.4, y + 0.68), (x + 0.4, y + 0.68)]), (136, 96, 76), 1.0, "none", within=region
        )
        pen.mark((226, 196, 120), ellipse(x, y + 0.68, 0.05, 0.035), within=region)
