"""A small world of webtoons to try everything on: its artist, the truth of its pages, and its web site.

The artist draws three series of our own, each in a style of its own, with the exact mask of everything
that it draws: the same series and episode number give the same bytes on every run.

- ``artist.episode.draw_episode`` gives an episode's JPEG pages and its truth: boxes of panels and of
  texts, the visible mask of every garment and head of hair.
- ``labels.label_series`` gives a label file as a person would have drawn it on rough cuts.
- ``site`` serves the episodes on loopback, with the markup of a real site.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Series:
    """What the demo offers of a series: its printed name, the width of its strips, its episodes' count.

    The site offers two more ``episodes`` than params.yaml declares, so that some can be added.
    """

    title: str
    width_px: int
    episodes: int
    labelled: bool


SERIES: Mapping[str, Series] = MappingProxyType(
    {
        "after-class": Series("방과 후 우리는", 690, 14, labelled=True),
        "moonlit-bus": Series("달빛 버스", 720, 14, labelled=True),
        "tidal-town": Series("물때의 마을", 800, 6, labelled=False),
    }
)
