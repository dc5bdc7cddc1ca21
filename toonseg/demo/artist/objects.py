"""Things that fill a panel without people: a clock, a cat, a bus, a gull and the like."""

import numpy as np

from toonseg.demo.artist.effects import Sheet
from toonseg.demo.artist.ink import Rgb, curve
from toonseg.demo.artist.styles import mix

_INK: Rgb = (58, 50, 72)


def draw_thing(sheet: Sheet, name: str, line_px: float) -> None:
    """Draw the thing ``name`` of ``OBJECTS`` in the middle of a sheet, outlined ``line_px`` wide (0: not)."""
    size = min(sheet.width * 0.62, sheet.height * 0.72)
    at = np.array([sheet.width / 2, sheet.height / 2])
    for points, rgb, lined in OBJECTS[name]:
        shape = at + np.asarray(points) * size
        sheet.fill(shape, rgb)
        if line_px > 0 and lined:
            sheet.line(shape, _INK, line_px, closed=True)


Shapes = list[tuple[object, Rgb, bool]]


def _disc(x: float, y: float, rx: float, ry: float) -> object:
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], axis=1)


def _bar(x0: float, y0: float, x1: float, y1: float) -> object:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def _stick(x0: float, y0: float, x1: float, y1: float, wide: float) -> object:
    way = np.array([x1 - x0, y1 - y0])
    side = np.array([-way[1], way[0]]) / float(np.hypot(*way)) * wide / 2
    a, b = np.array([x0, y0]), np.array([x1, y1])
    return np.stack([a + side, b + side, b - side, a - side])


def _clock() -> Shapes:
    shapes: Shapes = [
        (_disc(0, 0, 0.48, 0.48), (236, 224, 210), True),
        (_disc(0, 0, 0.41, 0.41), (255, 253, 248), True),
    ]
    for hour in range(12):
        turn = hour * np.pi / 6
        c, s = float(np.cos(turn)), float(np.sin(turn))
        shapes.append((_stick(0.34 * c, 0.34 * s, 0.39 * c, 0.39 * s, 0.018), (120, 108, 124), False))
    shapes.append((_stick(0, 0.04, -0.12, -0.2, 0.028), (70, 62, 84), False))
    shapes.append((_stick(0, 0.06, 0.06, -0.33, 0.02), (70, 62, 84), False))
    shapes.append((_disc(0, 0, 0.028, 0.028), (220, 96, 110), False))
    return shapes


def _cat() -> Shapes:
    fur, dark = (96, 90, 112), (70, 64, 86)
    tail = curve([(0.2, 0.36), (0.42, 0.3), (0.46, 0.02), (0.38, 0.0), (0.35, 0.22), (0.18, 0.28)])
    body = curve([(-0.2, 0.42), (-0.26, 0.2), (-0.14, -0.02), (0.14, -0.02), (0.28, 0.2), (0.22, 0.42)])
    head = curve(
        [
            (-0.24, -0.16),
            (-0.2, -0.28),
            (0, -0.31),
            (0.2, -0.28),
            (0.24, -0.16),
            (0.16, -0.02),
            (-0.16, -0.02),
        ]
    )
    return [
        (tail, fur, True),
        (body, fur, True),
        ([(-0.22, -0.2), (-0.24, -0.45), (-0.06, -0.3)], dark, True),
        ([(0.22, -0.2), (0.24, -0.45), (0.06, -0.3)], dark, True),
        (head, fur, True),
        (_disc(0, 0.22, 0.1, 0.14), (236, 230, 232), False),
        (_disc(-0.1, -0.17, 0.05, 0.055), (250, 220, 110), True),
        (_disc(0.1, -0.17, 0.05, 0.055), (250, 220, 110), True),
        (_disc(-0.1, -0.17, 0.014, 0.045), (30, 26, 40), False),
        (_disc(0.1, -0.17, 0.014, 0.045), (30, 26, 40), False),
        ([(-0.02, -0.1), (0.02, -0.1), (0, -0.075)], (240, 160, 170), False),
    ]


def _milk() -> Shapes:
    return [
        (_disc(0.02, 0.45, 0.34, 0.05), (222, 206, 196), False),
        (_bar(-0.22, -0.12, 0.12, 0.44), (252, 252, 250), True),
        ([(0.12, -0.12), (0.28, -0.2), (0.28, 0.36), (0.12, 0.44)], (222, 228, 236), True),
        ([(-0.22, -0.12), (-0.14, -0.32), (0.2, -0.32), (0.12, -0.12)], (150, 204, 232), True),
        ([(0.12, -0.12), (0.2, -0.32), (0.28, -0.2)], (120, 176, 210), True),
        (_bar(-0.14, -0.4, 0.2, -0.32), (150, 204, 232), True),
        (_bar(-0.22, 0.02, 0.12, 0.26), (150, 204, 232), False),
        (_disc(-0.05, 0.14, 0.08, 0.08), (252, 252, 250), False),
        (_stick(0.06, -0.34, 0.16, -0.5, 0.03), (250, 150, 160), True),
    ]


def _phone() -> Shapes:
    shapes: Shapes = [
        (
            curve(
                [
                    (-0.25, -0.46),
                    (0.25, -0.46),
                    (0.27, -0.4),
                    (0.27, 0.4),
                    (0.25, 0.46),
                    (-0.25, 0.46),
                    (-0.27, 0.4),
                    (-0.27, -0.4),
                ]
            ),
            (74, 70, 90),
            True,
        ),
        (_bar(-0.235, -0.38, 0.235, 0.38), (226, 238, 250), False),
        (_bar(-0.235, -0.38, 0.235, -0.3), (150, 190, 226), False),
    ]
    for y, left in ((-0.24, True), (-0.1, True), (0.04, False), (0.18, True)):
        x0, x1 = (-0.2, 0.08) if left else (-0.06, 0.2)
        shapes.append((_bar(x0, y, x1, y + 0.09), (255, 255, 255) if left else (255, 226, 110), True))
        shapes.append((_stick(x0 + 0.03, y + 0.045, x1 - 0.06, y + 0.045, 0.012), (150, 146, 160), False))
    return shapes


def _bus_front() -> Shapes:
    red: Rgb = (214, 60, 84)
    return [
        (_disc(0, 0.46, 0.6, 0.06), (20, 16, 40), False),
        (_bar(-0.4, 0.36, -0.26, 0.48), (16, 12, 26), True),
        (_bar(0.26, 0.36, 0.4, 0.48), (16, 12, 26), True),
        (
            curve(
                [
                    (-0.44, -0.38),
                    (-0.36, -0.46),
                    (0.36, -0.46),
                    (0.44, -0.38),
                    (0.46, 0.38),
                    (0.42, 0.42),
                    (-0.42, 0.42),
                    (-0.46, 0.38),
                ]
            ),
            red,
            True,
        ),
        (_bar(-0.28, -0.42, 0.28, -0.32), (24, 20, 44), True),
        (_stick(-0.22, -0.37, 0.22, -0.37, 0.045), (255, 206, 80), False),
        (_bar(-0.4, -0.28, 0.4, 0.1), (60, 90, 150), True),
        ([(-0.3, -0.28), (-0.16, -0.28), (-0.34, 0.1), (-0.4, 0.1), (-0.4, 0.0)], (110, 150, 210), False),
        (_bar(-0.012, -0.28, 0.012, 0.1), (16, 12, 26), False),
        (_bar(-0.45, 0.16, 0.45, 0.2), (246, 240, 230), False),
        (_disc(-0.3, 0.28, 0.075, 0.065), (255, 244, 180), True),
        (_disc(0.3, 0.28, 0.075, 0.065), (255, 244, 180), True),
        (_bar(-0.12, 0.26, 0.12, 0.34), (246, 240, 230), True),
    ]


def _moon() -> Shapes:
    shapes: Shapes = [(_disc(0, 0, 0.42, 0.42), (252, 244, 206), True)]
    for x, y, r in ((-0.14, -0.12, 0.09), (0.14, 0.12, 0.13), (0.18, -0.2, 0.06), (-0.2, 0.18, 0.05)):
        shapes.append((_disc(x, y, r, r), (232, 220, 172), False))
    shapes.append(
        (
            curve(
                [(-0.5, 0.2), (-0.2, 0.12), (0.1, 0.2), (0.4, 0.14), (0.52, 0.24), (0.1, 0.3), (-0.3, 0.29)]
            ),
            (60, 56, 120),
            True,
        )
    )
    return shapes


def _umbrella() -> Shapes:
    edge = np.linspace(np.pi, 2 * np.pi, 25)
    dome = np.stack([0.46 * np.cos(edge), 0.06 + 0.42 * np.sin(edge)], 1)
    waves = np.stack(
        [np.linspace(0.46, -0.46, 33), 0.06 - 0.05 * np.abs(np.sin(np.linspace(0, 4 * np.pi, 33)))], 1
    )
    shapes: Shapes = [
        (_bar(-0.012, -0.3, 0.012, 0.4), (110, 90, 90), True),
        (
            curve(
                [
                    (-0.012, 0.38),
                    (0.012, 0.38),
                    (0.02, 0.44),
                    (0.06, 0.45),
                    (0.08, 0.4),
                    (0.1, 0.41),
                    (0.08, 0.48),
                    (0.0, 0.48),
                ]
            ),
            (110, 90, 90),
            True,
        ),
        (np.concatenate([dome, waves]), (232, 96, 104), True),
    ]
    for x in (-0.23, 0.0, 0.23):
        shapes.append((_stick(0.0, -0.35, x, 0.04, 0.008), (180, 60, 76), False))
    return shapes


def _gull() -> Shapes:
    return [
        (
            curve([(-0.08, -0.02), (-0.3, -0.3), (-0.52, -0.26), (-0.34, -0.12), (-0.1, 0.1)]),
            (236, 238, 238),
            True,
        ),
        (
            curve([(0.04, -0.04), (0.2, -0.34), (0.46, -0.4), (0.32, -0.14), (0.12, 0.08)]),
            (226, 230, 232),
            True,
        ),
        (curve([(-0.52, -0.26), (-0.42, -0.29), (-0.36, -0.2), (-0.4, -0.15)]), (96, 104, 114), False),
        (curve([(0.46, -0.4), (0.36, -0.385), (0.34, -0.26), (0.38, -0.22)]), (96, 104, 114), False),
        (
            curve(
                [
                    (-0.2, 0.2),
                    (-0.16, 0.02),
                    (0.02, -0.06),
                    (0.2, 0.0),
                    (0.24, 0.06),
                    (0.1, 0.16),
                    (-0.06, 0.24),
                    (-0.26, 0.32),
                ]
            ),
            (252, 251, 246),
            True,
        ),
        ([(0.23, 0.02), (0.34, 0.06), (0.23, 0.08)], (236, 176, 80), True),
        (_disc(0.17, 0.025, 0.014, 0.016), (50, 46, 56), False),
    ]


def _shell() -> Shapes:
    turn = np.linspace(np.pi * 1.02, 1.98 * np.pi, 40)
    fan = np.stack([0.44 * np.cos(turn), 0.2 + 0.56 * np.sin(turn) * (1 + 0.02 * np.cos(turn * 18))], 1)
    shapes: Shapes = [
        (_disc(0, 0.4, 0.5, 0.07), (226, 206, 170), False),
        ([(-0.12, 0.26), (0.12, 0.26), (0.16, 0.38), (-0.16, 0.38)], (226, 160, 140), True),
        (np.concatenate([fan, [(0.08, 0.34), (-0.08, 0.34)]]), (244, 190, 168), True),
    ]
    for angle in np.linspace(np.pi * 1.14, 1.86 * np.pi, 7):
        shapes.append(
            (
                _stick(0, 0.3, 0.4 * float(np.cos(angle)), 0.2 + 0.5 * float(np.sin(angle)), 0.014),
                (226, 156, 138),
                False,
            )
        )
    return shapes


def _boat() -> Shapes:
    sea: Rgb = (112, 166, 190)
    return [
        (_disc(0, 0.36, 0.58, 0.07), sea, False),
        (_bar(-0.015, -0.46, 0.015, 0.16), (150, 122, 100), True),
        (curve([(0.03, -0.44), (0.3, -0.1), (0.36, 0.1), (0.03, 0.1)]), (252, 246, 232), True),
        ([(-0.03, -0.36), (-0.28, 0.1), (-0.03, 0.1)], (236, 156, 130), True),
        ([(-0.44, 0.14), (0.46, 0.14), (0.3, 0.36), (-0.32, 0.36)], (236, 232, 226), True),
        ([(-0.44, 0.14), (0.46, 0.14), (0.42, 0.2), (-0.41, 0.2)], mix(sea, (40, 70, 110), 0.5), False),
    ]


OBJECTS: dict[str, Shapes] = {
    "clock": _clock(),
    "cat": _cat(),
    "milk": _milk(),
    "phone": _phone(),
    "bus-front": _bus_front(),
    "moon": _moon(),
    "umbrella": _umbrella(),
    "gull": _gull(),
    "shell": _shell(),
    "boat": _boat(),
}
