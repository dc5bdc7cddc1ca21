"""Haircuts as data.

Coordinates are heads around the middle of a face, as in faces.py, seen from the front. A cut is the
outline of its cap, the edge of its fringe from its right end to its left, locks beside the face, and
masses behind the body. An edge is a row of tips and valleys joined by bowed segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toonseg.demo.artist.shapes import ellipse

Knots = tuple[tuple[float, ...], ...]
# Outline of the cap from above the left ear over the crown to above the right ear.
CAP: Knots = (
    (-0.40, 0.10), (-0.452, -0.10), (-0.42, -0.34), (-0.27, -0.545), (0.0, -0.61), (0.27, -0.545),
    (0.42, -0.34),
    (0.452, -0.10), (0.40, 0.10),
)  # fmt: skip
# Caps that bristle: tips and valleys by turns, each with the bend of what follows.
_SPIKES: Knots = (
    (-0.40, 0.12, 0.08), (-0.5, 0.04, -0.05), (-0.445, -0.06, 0.12), (-0.59, -0.18, -0.1),
    (-0.46, -0.24, 0.14),
    (-0.6, -0.46, -0.12), (-0.39, -0.45, 0.14), (-0.43, -0.71, -0.1), (-0.22, -0.58, 0.14),
    (-0.17, -0.81, -0.1),
    (0.02, -0.63, 0.1), (0.13, -0.83, -0.14), (0.2, -0.59, 0.08), (0.4, -0.72, -0.14), (0.37, -0.46, 0.08),
    (0.6, -0.47, -0.14), (0.46, -0.25, 0.08), (0.59, -0.18, -0.12), (0.445, -0.06, 0.05), (0.5, 0.04, -0.08),
    (0.40, 0.12),
)  # fmt: skip
_TUFTS: Knots = (
    (-0.40, 0.14, 0.1), (-0.46, 0.1, -0.05), (-0.45, -0.05, 0.16), (-0.52, -0.1, -0.05), (-0.455, -0.26, 0.2),
    (-0.47, -0.42, -0.05), (-0.36, -0.46, 0.2), (-0.31, -0.62, -0.05), (-0.18, -0.58, 0.2),
    (-0.06, -0.7, -0.1),
    (0.03, -0.62, 0.14), (0.2, -0.66, -0.14), (0.26, -0.55, 0.1), (0.43, -0.52, -0.16), (0.41, -0.36, 0.1),
    (0.53, -0.26, -0.16), (0.455, -0.14, 0.05), (0.5, 0.0, -0.14), (0.40, 0.14),
)  # fmt: skip
_SLICK: Knots = (
    (-0.38, 0.05, 0.06), (-0.41, -0.2, 0.1), (-0.4, -0.42, 0.14), (-0.34, -0.57, 0.1),
    (-0.12, -0.68, 0.12), (0.12, -0.7, 0.1),
    (0.34, -0.6, 0.1), (0.44, -0.44, -0.1), (0.41, -0.25, 0.06), (0.38, 0.05),
)  # fmt: skip
# Fringes from the right end to the left: tip and valley by turns, each with the bend of what follows.
FRINGES: dict[str, Knots] = {
    "full": (
        (0.375, 0.34, 0.10), (0.315, 0.02, -0.1), (0.275, 0.045, 0.12), (0.21, -0.09, -0.12),
        (0.15, 0.03, 0.1),
        (0.08, -0.08, -0.1), (0.01, 0.035, 0.1), (-0.06, -0.08, -0.1), (-0.13, 0.03, 0.1),
        (-0.19, -0.07, -0.1),
        (-0.27, 0.05, 0.1), (-0.315, 0.02, -0.1), (-0.375, 0.34),
    ),
    "swept": (
        (0.37, 0.3, 0.1), (0.31, -0.02, 0.0), (0.3, -0.14, 0.05), (0.1, -0.335, 0.16), (0.02, -0.02, -0.06),
        (-0.01, -0.17, 0.14), (-0.13, 0.02, -0.06), (-0.14, -0.12, 0.14), (-0.25, 0.07, -0.05),
        (-0.3, -0.02, 0.05),
        (-0.38, 0.34),
    ),
    "curtain": (
        (0.39, 0.36, 0.12), (0.315, 0.03, -0.14), (0.2, -0.18, -0.12), (0.02, -0.36, -0.12),
        (-0.19, -0.18, -0.14),
        (-0.315, 0.03, 0.12), (-0.39, 0.36),
    ),
    "tousled": (
        (0.36, 0.16, 0.1), (0.315, -0.05, -0.05), (0.25, 0.05, 0.14), (0.2, -0.13, -0.06), (0.1, 0.02, 0.15),
        (0.07, -0.14, -0.06), (-0.06, 0.045, 0.15), (-0.08, -0.12, -0.06), (-0.21, 0.02, 0.15),
        (-0.24, -0.1, -0.06), (-0.36, 0.16),
    ),
    "short": (
        (0.36, 0.13, 0.05), (0.33, -0.1, -0.05), (0.25, -0.1, 0.1), (0.19, -0.21, -0.05), (0.1, -0.11, 0.1),
        (0.06, -0.22, -0.05), (-0.05, -0.1, 0.1), (-0.09, -0.21, -0.05), (-0.2, -0.1, 0.1),
        (-0.25, -0.19, -0.05),
        (-0.33, -0.08, 0.05), (-0.36, 0.13),
    ),
    "curls": (
        (0.41, 0.2, 0.34), (0.37, 0.06, 0.4), (0.31, -0.05, 0.4), (0.2, -0.1, 0.45), (0.07, -0.09, 0.45),
        (-0.06, -0.12, 0.45),
        (-0.19, -0.09, 0.45), (-0.3, -0.05, 0.4), (-0.37, 0.06, 0.34), (-0.41, 0.2),
    ),
    "back": (
        (0.36, 0.12, 0.05), (0.335, -0.1, -0.1), (0.28, -0.24, -0.1), (0.1, -0.345, -0.05),
        (0.0, -0.31, 0.05),
        (-0.1, -0.35, -0.1), (-0.28, -0.24, -0.1), (-0.335, -0.1, 0.05), (-0.36, 0.12),
    ),
    "parted": (
        (0.36, 0.16, 0.08), (0.32, -0.06, -0.1), (0.29, -0.2, 0.1), (0.16, -0.36, 0.2), (-0.02, -0.12, -0.08),
        (-0.03, -0.21, 0.2), (-0.22, -0.03, -0.06), (-0.26, -0.12, 0.1), (-0.36, 0.16),
    ),
}  # fmt: skip
_NECK: Knots = (
    (-0.40, -0.2), (-0.405, 0.08), (-0.33, 0.26), (-0.2, 0.38), (0.2, 0.38), (0.33, 0.26), (0.405, 0.08),
    (0.40, -0.2), (0, -0.5),
)  # fmt: skip
_CLOUD: Knots = tuple(
    (
        round(float((0.5 + 0.05 * (i % 2)) * np.cos(t)), 3),
        round(float(0.06 + (0.58 + 0.05 * (i % 2)) * np.sin(t)), 3),
    )
    for i, t in enumerate(np.linspace(0, 2 * np.pi, 30, endpoint=False))
)
NAPE: Knots = (
    (-0.42, -0.2), (-0.43, 0.1), (-0.37, 0.34), (-0.2, 0.47), (0.2, 0.47), (0.37, 0.34), (0.43, 0.1),
    (0.42, -0.2),
    (0, -0.5),
)  # fmt: skip
_BOB: Knots = (
    (-0.42, -0.3), (-0.49, 0.05), (-0.525, 0.36), (-0.46, 0.56), (-0.33, 0.6, 1), (-0.2, 0.52), (0.2, 0.52),
    (0.33, 0.6, 1), (0.46, 0.56), (0.525, 0.36), (0.49, 0.05), (0.42, -0.3), (0, -0.55),
)  # fmt: skip
_LOB: Knots = (
    (-0.42, -0.3), (-0.49, 0.1), (-0.53, 0.5), (-0.58, 0.84), (-0.47, 0.93, 1), (-0.36, 0.88),
    (-0.24, 0.95, 1),
    (0.0, 0.86), (0.24, 0.95, 1), (0.36, 0.88), (0.47, 0.93, 1), (0.58, 0.84), (0.53, 0.5), (0.49, 0.1),
    (0.42, -0.3), (0, -0.55),
)  # fmt: skip
_LONG: Knots = (
    (-0.42, -0.3), (-0.49, 0.1), (-0.54, 0.7), (-0.6, 1.4), (-0.57, 1.95), (-0.47, 2.14, 1), (-0.38, 2.02),
    (-0.27, 2.2, 1), (-0.13, 2.06), (0.02, 2.22, 1), (0.14, 2.06), (0.28, 2.18, 1), (0.38, 2.02),
    (0.48, 2.12, 1),
    (0.57, 1.93), (0.6, 1.4), (0.54, 0.7), (0.49, 0.1), (0.42, -0.3), (0, -0.55),
)  # fmt: skip
_WAVY: Knots = (
    (-0.42, -0.3), (-0.52, 0.1), (-0.5, 0.38), (-0.62, 0.66), (-0.57, 0.95), (-0.7, 1.24), (-0.61, 1.5),
    (-0.66, 1.76), (-0.5, 1.86, 1), (-0.43, 1.74), (-0.28, 1.92, 1), (-0.15, 1.78), (0.0, 1.94, 1),
    (0.15, 1.78),
    (0.28, 1.92, 1), (0.43, 1.74), (0.5, 1.86, 1), (0.66, 1.76), (0.61, 1.5), (0.7, 1.24), (0.57, 0.95),
    (0.62, 0.66), (0.5, 0.38), (0.52, 0.1), (0.42, -0.3), (0, -0.55),
)  # fmt: skip
_PONY: Knots = (
    (-0.16, -0.5), (-0.42, -0.62), (-0.68, -0.4), (-0.76, 0.05), (-0.7, 0.55), (-0.78, 0.98, 1),
    (-0.58, 0.84),
    (-0.5, 1.0, 1), (-0.44, 0.6), (-0.5, 0.1), (-0.46, -0.2), (-0.3, -0.34),
)  # fmt: skip
_TWIN: Knots = (
    (0.38, -0.3), (0.56, -0.42), (0.74, -0.2), (0.82, 0.3), (0.78, 0.85), (0.86, 1.34, 1), (0.68, 1.16),
    (0.56, 1.36, 1), (0.54, 0.9), (0.56, 0.4), (0.5, 0.0), (0.4, -0.14),
)  # fmt: skip
_BRAID: Knots = (
    (0.31, 0.08), (0.41, 0.14), (0.45, 0.34), (0.39, 0.46), (0.47, 0.6), (0.41, 0.72), (0.49, 0.84),
    (0.48, 1.0), (0.4, 1.1), (0.46, 1.22),
    (0.44, 1.36), (0.36, 1.44), (0.4, 1.62, 1), (0.28, 1.6), (0.2, 1.66, 1), (0.24, 1.44), (0.19, 1.34),
    (0.25, 1.2), (0.2, 1.06), (0.27, 0.94), (0.2, 0.78), (0.27, 0.66), (0.2, 0.5),
)  # fmt: skip
_BUN: Knots = tuple((float(x), float(y)) for x, y in ellipse(0, -0.68, 0.2, 0.18, steps=10))
_LOCK_LONG: Knots = (
    (0.33, -0.1), (0.43, 0.0), (0.455, 0.35), (0.43, 0.8), (0.46, 1.2), (0.38, 1.42, 1), (0.33, 1.1),
    (0.34, 0.7), (0.33, 0.3),
)  # fmt: skip
_LOCK_FACE: Knots = (
    (0.31, -0.1), (0.42, 0.0), (0.44, 0.3), (0.42, 0.56), (0.35, 0.74, 1), (0.34, 0.5), (0.335, 0.2),
)  # fmt: skip
_LOCK_WAVY: Knots = (
    (0.33, -0.1), (0.45, 0.05), (0.43, 0.35), (0.52, 0.62), (0.45, 0.92), (0.53, 1.16), (0.4, 1.38, 1),
    (0.39, 1.1),
    (0.32, 0.86), (0.39, 0.6), (0.32, 0.34),
)  # fmt: skip


def _mirror(knots: Knots) -> Knots:
    return tuple((-knot[0], *knot[1:]) for knot in knots)


@dataclass(frozen=True)
class Cut:
    """One haircut. ``behind`` hangs behind the body, ``locks`` in front of it; both may be empty."""

    fringe: str
    behind: tuple[Knots, ...] = (NAPE,)
    locks: tuple[Knots, ...] = ()
    volume: float = 1.0
    crest: Knots = ()  # a cap that bristles, instead of the smooth one
    curls: float = 0.0  # radius of the curls along the outline, in heads
    stray: bool = False  # whether a lock stands off the crown
    ties: tuple[tuple[float, float], ...] = ()
    shaved: bool = False
    feminine: bool = True
    masculine: bool = False


CUTS: dict[str, Cut] = {
    "bob": Cut("full", (_BOB,), volume=1.02),
    "long straight": Cut("full", (_LONG,), (_LOCK_LONG, _mirror(_LOCK_LONG))),
    "long wavy": Cut("curtain", (_WAVY,), (_LOCK_WAVY, _mirror(_LOCK_WAVY)), 1.03),
    "shoulder": Cut("swept", (_LOB,), (_LOCK_FACE, _mirror(_LOCK_FACE))),
    "ponytail": Cut("swept", (_PONY, _NECK), (_mirror(_LOCK_FACE),), ties=((-0.3, -0.42),)),
    "twin tails": Cut("full", (_TWIN, _mirror(_TWIN), _NECK), ties=((0.44, -0.22), (-0.44, -0.22))),
    "bun": Cut("curtain", (_BUN, _NECK), ties=((0, -0.58),)),
    "braid": Cut("curtain", (_NECK,), (_BRAID,), ties=((0.3, 1.46),)),
    "long curls": Cut("swept", (_WAVY,), (_mirror(_LOCK_WAVY),), 1.06),
    "curly": Cut("curls", (_CLOUD,), volume=1.08, curls=0.095, masculine=True),
    "tousled": Cut("tousled", (_NECK,), volume=1.0, crest=_TUFTS, stray=True, masculine=True),
    "side part": Cut("parted", (_NECK,), volume=0.98, feminine=False, masculine=True),
    "short crop": Cut("short", (_NECK,), volume=0.96, feminine=False, masculine=True),
    "spiky": Cut("tousled", (_NECK,), crest=_SPIKES, feminine=False, masculine=True),
    "undercut": Cut("back", (), crest=_SLICK, shaved=True, feminine=False, masculine=True),
    "mop": Cut("full", (NAPE,), crest=_TUFTS, stray=True, feminine=False, masculine=True),
}


def cuts_for(*, feminine: bool) -> Sequence[str]:
    """Names of the cuts that suit, in order."""
    return [name for name, cut in CUTS.items() if (cut.feminine if feminine else cut.masculine)]
