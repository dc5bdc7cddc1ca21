"""Names of exported files: letters of any script stay, nothing leads out of its folder, none comes twice."""

import re

from toonseg.records import Panel

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')


def file_name(text: str) -> str:
    """The text with an underscore for what file names cannot hold, or hide (marks of text direction).

    >>> file_name("교복/셔츠: 1")
    '교복_셔츠_ 1'
    """
    return _NOT_IN_NAMES.sub("_", text).strip(". ") or "_"


class Stems:
    """Names of panels for layouts that keep all files in one folder: ``SERIES_EPISODE_Y0-X0``.

    Where two panels would share one (series a_b, episode c; series a, episode b_c), also on a file system
    that takes A for a, the later gets ``-2``.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, panel: Panel) -> str:
        """A name for the panel, another one at each call."""
        first = file_name(f"{panel.series}_{panel.episode}_{panel.y0:06d}-{panel.x0:04d}")
        stem, number = first, 1
        while stem.casefold() in self._taken:
            number += 1
            stem = f"{first}-{number}"
        self._taken.add(stem.casefold())
        return stem
