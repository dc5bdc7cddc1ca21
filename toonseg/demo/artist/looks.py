"""How each series letters: the colours, lines and sizes of its balloons, captions and sounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from toonseg.demo.artist.ink import Rgb


@dataclass(frozen=True)
class Look:
    """How a series letters: colours, the balloon's line in px, the text's size in px."""

    fill: Rgb
    ink: Rgb
    text: Rgb
    line_px: float
    size_px: int
    roundness: float  # exponent of the balloon's outline: 2 an ellipse, more nearer a box
    caption_fill: Rgb
    caption_text: Rgb
    caption_line: Rgb
    sound_fill: Rgb
    sound_edge: Rgb


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "after-class": Look(
            fill=(255, 255, 255),
            ink=(70, 62, 78),
            text=(48, 42, 54),
            line_px=1.6,
            size_px=28,
            roundness=2.2,
            caption_fill=(255, 250, 240),
            caption_text=(96, 76, 92),
            caption_line=(214, 182, 196),
            sound_fill=(255, 140, 164),
            sound_edge=(255, 255, 255),
        ),
        "moonlit-bus": Look(
            fill=(255, 255, 255),
            ink=(12, 10, 24),
            text=(14, 12, 26),
            line_px=3.4,
            size_px=29,
            roundness=2.6,
            caption_fill=(22, 20, 48),
            caption_text=(238, 232, 255),
            caption_line=(120, 104, 220),
            sound_fill=(255, 214, 64),
            sound_edge=(16, 12, 30),
        ),
        "tidal-town": Look(
            fill=(255, 254, 250),
            ink=(178, 202, 212),
            text=(62, 74, 92),
            line_px=1.3,
            size_px=31,
            roundness=3.4,
            caption_fill=(236, 246, 248),
            caption_text=(58, 92, 112),
            caption_line=(168, 206, 216),
            sound_fill=(96, 160, 190),
            sound_edge=(255, 255, 255),
        ),
    }
)
