"""What stands behind the people: the places of the three series, and effects for what is felt."""

from collections.abc import Callable

import numpy as np

from toonseg.demo.artist import effects, scenery_night, scenery_school, scenery_sea
from toonseg.demo.artist.effects import Pixels, Sheet
from toonseg.demo.artist.ink import Rgb
from toonseg.demo.artist.styles import mix

Painter = Callable[[int, int, float, np.random.Generator], Sheet]

_WHITE: Rgb = (255, 255, 255)
_INK: Rgb = (12, 10, 26)


def draw_backdrop(place: str, width: int, height: int, zoom: float, rng: np.random.Generator) -> Pixels:
    """Paint a place or effect of ``BACKDROPS`` as (height, width, 3) uint8 RGB.

    ``zoom`` is 1 for a far view; a nearer one shows larger things, out of focus.
    """
    sheet = BACKDROPS[place](width, height, zoom, rng)
    if place in PLACES:
        sheet.soften((zoom - 1) * 1.5)
    return sheet.pixels


def soft(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Pastel light: discs and stars, for tender moments."""
    pairs: tuple[tuple[Rgb, Rgb], ...] = (
        ((255, 232, 236), (255, 250, 240)),
        ((226, 238, 255), (250, 240, 252)),
        ((232, 248, 238), (255, 250, 232)),
    )
    top, low = pairs[int(rng.integers(3))]
    sheet = Sheet(width, height, top, low)
    effects.bokeh(
        sheet, (_WHITE, mix(top, (255, 190, 206), 0.4), mix(low, (255, 236, 190), 0.5)), 26, 70, rng
    )
    effects.sparkles(sheet, _WHITE, 14, 18, rng)
    return sheet


def dots(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Screentone on a pastel ground."""
    tints: tuple[Rgb, ...] = ((255, 214, 196), (196, 222, 246), (214, 236, 206), (240, 208, 232))
    tint = tints[int(rng.integers(4))]
    sheet = Sheet(width, height, mix(tint, _WHITE, 0.75), mix(tint, _WHITE, 0.45))
    down = rng.random() < 0.5
    effects.tone(sheet, tint, 13, 0.0 if down else 0.55, 0.55 if down else 0.0)
    return sheet


def speed(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Lines that rush at the middle, for a shout."""
    tints: tuple[Rgb, ...] = ((112, 126, 166), (236, 130, 120), (250, 180, 90))
    tint = tints[int(rng.integers(3))]
    sheet = Sheet(width, height, mix(tint, _WHITE, 0.86))
    effects.speed_lines(sheet, tint, width / 2, height * 0.45, rng)
    return sheet


def neon(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Saturated halftone, for a cool moment at night."""
    pairs: tuple[tuple[Rgb, Rgb], ...] = (
        ((92, 40, 160), (230, 70, 130)),
        ((20, 60, 140), (40, 180, 190)),
        ((150, 30, 80), (250, 150, 60)),
    )
    top, low = pairs[int(rng.integers(3))]
    sheet = Sheet(width, height, top, low)
    effects.tone(sheet, mix(top, _INK, 0.5), 18, 0.6, 0.05)
    return sheet


def burst(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Bold wedges on a bright ground, for a shout at night."""
    tints: tuple[Rgb, ...] = ((255, 206, 60), (250, 90, 110), (90, 200, 240))
    tint = tints[int(rng.integers(3))]
    sheet = Sheet(width, height, mix(tint, _WHITE, 0.35), tint)
    for _ in range(2):
        effects.speed_lines(sheet, _INK, width / 2, height * 0.45, rng)
    return sheet


def gloom(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """A dark room: hardly lighter than black gutters, with one cold light."""
    sheet = Sheet(width, height, (34, 34, 52), (52, 44, 74))
    sheet.glow(width * float(rng.uniform(0.2, 0.8)), height * 0.2, height * 0.8, (92, 110, 170), 0.5)
    return sheet


def tint(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """A wash of one or two colours, for a quiet moment."""
    pairs: tuple[tuple[Rgb, Rgb], ...] = (
        ((252, 226, 206), (250, 244, 226)),
        ((196, 222, 226), (240, 240, 226)),
        ((222, 214, 230), (248, 230, 222)),
    )
    top, low = pairs[int(rng.integers(3))]
    sheet = Sheet(width, height, top, low)
    for _ in range(12):
        at = float(rng.uniform(0, width)), float(rng.uniform(0, height))
        sheet.glow(*at, float(rng.uniform(80, 260)), mix(top, _WHITE, float(rng.random())), 0.7)
    effects.wash(sheet, 1.6, rng)
    return sheet


def spray(width: int, height: int, zoom: float, rng: np.random.Generator) -> Sheet:
    """Level streaks in sea colours, for a shout at the seaside."""
    sheet = Sheet(width, height, (214, 234, 236), (250, 244, 228))
    effects.rush_lines(sheet, (150, 196, 208), rng)
    effects.wash(sheet, 1.0, rng)
    return sheet


PLACES: dict[str, Painter] = {
    "classroom": scenery_school.classroom,
    "corridor": scenery_school.corridor,
    "rooftop": scenery_school.rooftop,
    "street": scenery_school.street,
    "bus-stop": scenery_night.bus_stop,
    "bus": scenery_night.bus,
    "night-street": scenery_night.night_street,
    "rain": scenery_night.rain,
    "sea-wall": scenery_sea.sea_wall,
    "harbour": scenery_sea.harbour,
    "beach": scenery_sea.beach,
    "village": scenery_sea.village,
}
BACKDROPS: dict[str, Painter] = {
    **PLACES,
    "soft": soft,
    "dots": dots,
    "speed": speed,
    "neon": neon,
    "burst": burst,
    "gloom": gloom,
    "tint": tint,
    "spray": spray,
}
# The effects of each series, by what is said: a shout, a thought, plain speech.
MOODS: dict[str, dict[str, tuple[str, ...]]] = {
    "after-class": {"shout": ("speed",), "thought": ("soft", "dots"), "speech": ("dots", "soft")},
    "moonlit-bus": {"shout": ("burst",), "thought": ("gloom", "neon"), "speech": ("neon", "gloom")},
    "tidal-town": {"shout": ("spray",), "thought": ("tint",), "speech": ("tint",)},
}
