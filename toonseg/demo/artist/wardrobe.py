"""Outfits: which garments go together, and their colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from toonseg.demo.artist.cloth import Garment, Pattern, SleeveLength
from toonseg.demo.artist.ink import Rgb
from toonseg.demo.artist.styles import Style, mix

Tones = tuple[Rgb, ...]


@dataclass(frozen=True)
class Outfit:
    """What a person wears: garments of different classes, and what is no class."""

    name: Literal["uniform", "office", "casual", "street", "summer"]
    garments: tuple[Garment, ...]
    shoe: Rgb
    sock: Rgb | None
    sock_high: float

    def worn(self, class_name: str) -> Garment | None:
        """The garment of a class, if there is one."""
        return next((piece for piece in self.garments if piece.class_name == class_name), None)


def wardrobe(style: Style, rng: np.random.Generator, *, feminine: bool, index: int) -> tuple[Outfit, ...]:
    """A character's outfits: uniform with and without its blazer, casual, street, and office wear."""
    uniform = style.uniforms[index // 4 % len(style.uniforms)]
    return (
        _uniform(style, rng, uniform, feminine=feminine, outer=False),
        _uniform(style, rng, uniform, feminine=feminine, outer=True),
        _casual(style, rng, feminine=feminine, outer=False),
        _casual(style, rng, feminine=feminine, outer=True),
        _office(style, rng, feminine=feminine),
    )


def _pick(rng: np.random.Generator, tones: Tones) -> Rgb:
    return tones[int(rng.integers(len(tones)))]


def _trim(rgb: Rgb, rng: np.random.Generator, tones: Tones) -> Rgb:
    """A colour from a row that stands out against another."""
    far = [tone for tone in tones if sum(abs(a - b) for a, b in zip(tone, rgb, strict=True)) > 120]
    dark = sum(rgb) < 380
    return _pick(rng, tuple(far)) if far else mix(rgb, (255, 255, 255) if dark else (30, 26, 40), 0.65)


def _uniform(style: Style, rng: np.random.Generator, tones: Tones, *, feminine: bool, outer: bool) -> Outfit:
    shirt, tie, vest, blazer, bottom = tones
    skirt = feminine and rng.random() < 0.85
    pleats: Pattern = "plaid" if rng.random() < 0.6 else "plain"
    pieces = [
        Garment("skirt", "pleated", bottom, mix(bottom, (20, 16, 40), 0.35), pleats)
        if skirt
        else Garment("pants", "slacks", bottom, (60, 48, 50)),
        Garment("dress-shirt", "uniform", shirt, mix(shirt, (120, 120, 140), 0.3), sleeves="long"),
        Garment(
            "tie",
            "bow" if feminine and rng.random() < 0.6 else "long",
            tie,
            mix(tie, (255, 255, 255), 0.65),
            "stripes",
        ),
    ]
    if not outer or rng.random() < 0.5:
        pieces.append(Garment("vest", "knit", vest, mix(tie, vest, 0.2)))
    if outer:
        kind = "blazer" if rng.random() < 0.75 else "cardigan"
        pieces.append(
            Garment("outer", kind, blazer, (226, 190, 110), sleeves="long", open=bool(rng.random() < 0.5))
        )
    return Outfit(
        "uniform",
        tuple(pieces),
        (84, 58, 52),
        (44, 44, 62) if skirt else (250, 250, 250),
        0.9 if skirt else 0.2,
    )


def _casual(style: Style, rng: np.random.Generator, *, feminine: bool, outer: bool) -> Outfit:
    pieces: list[Garment] = []
    if feminine and rng.random() < 0.45:
        cut = str(rng.choice(["a-line", "long", "mini"]))
        rgb = _pick(rng, style.bottoms)
        pieces.append(
            Garment(
                "skirt",
                cut,
                rgb,
                _trim(rgb, rng, style.tops),
                _pattern(rng, ("plain", "plain", "dots", "plaid")),
            )
        )
    else:
        rgb = _pick(rng, style.bottoms)
        cut = str(rng.choice(["jeans", "jeans", "wide", "joggers", "shorts"]))
        pieces.append(Garment("pants", cut, rgb, mix(rgb, (20, 16, 30), 0.4)))
    rgb = _pick(rng, style.tops)
    trim = _trim(rgb, rng, style.tops)
    cut = str(rng.choice(["crew", "crew", "sweatshirt", "knit", "turtleneck"]))
    pattern = _pattern(rng, ("print", "letters", "stripes", "plain", "block"))
    plain_neck = trim if rng.random() < 0.4 else mix(rgb, (30, 26, 40), 0.12)
    sleeves: SleeveLength = "short" if cut == "crew" else "long"
    pieces.append(
        Garment(
            "T-shirt",
            cut,
            rgb,
            trim if pattern != "plain" else plain_neck,
            pattern,
            sleeves,
            tucked=pieces[0].class_name == "skirt",
        )
    )
    if outer:
        tone = _pick(rng, tuple(c for c in style.outers if c != rgb))
        kind = str(rng.choice(["hoodie", "cardigan", "coat", "jacket", "denim"]))
        pieces.append(
            Garment(
                "outer",
                kind,
                tone,
                _trim(tone, rng, style.outers),
                sleeves="long",
                open=bool(rng.random() < 0.75),
            )
        )
    return Outfit(
        "street" if outer else "casual",
        tuple(pieces),
        _pick(rng, ((244, 242, 238), (60, 56, 66), (170, 84, 76))),
        (250, 250, 250),
        0.15,
    )


def _office(style: Style, rng: np.random.Generator, *, feminine: bool) -> Outfit:
    bottom, rgb = _pick(rng, style.bottoms), _pick(rng, style.shirts)
    pieces = [
        Garment("skirt", "pencil", bottom, bottom)
        if feminine and rng.random() < 0.5
        else Garment("pants", "slacks", bottom, (60, 48, 50)),
        Garment(
            "dress-shirt",
            "office",
            rgb,
            mix(rgb, (250, 250, 250), 0.6),
            _pattern(rng, ("plain", "plain", "pinstripes")),
            "long",
            tucked=bool(rng.random() < 0.75),
            open=bool(rng.random() < 0.3),
        ),
    ]
    if rng.random() < 0.7:
        tie = _trim(rgb, rng, style.ties)
        pieces.append(
            Garment(
                "tie",
                "long" if not feminine else "bow",
                tie,
                _trim(tie, rng, style.shirts),
                _pattern(rng, ("plain", "stripes", "dots")),
            )
        )
    if rng.random() < 0.5:
        tone = _trim(rgb, rng, style.vests)
        pieces.append(Garment("vest", "waistcoat", tone, mix(tone, (250, 230, 180), 0.5)))
    return Outfit("office", tuple(pieces), (50, 42, 44), None, 0.0)


def _pattern(rng: np.random.Generator, choices: tuple[Pattern, ...]) -> Pattern:
    return choices[int(rng.integers(len(choices)))]
