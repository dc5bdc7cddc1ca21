"""Names: which class a file means, which region a file name means."""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from toonseg.errors import LabelError
from toonseg.labels.regions import LabelledRegion

ALIASES = {"shirt": "dress-shirt"}  # what the labels of 2021 call it
_PLACE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
_PANEL = re.compile(r"(\d{6,9})-(\d{4,9})")
_SCALE = r"(?:_x(\d+(?:\.\d+)?))?"
_UNSAFE = re.compile(r"[^\w.-]+")
# What Label Studio puts before the name of a picture, and Roboflow behind it.
_PUT_ON = re.compile(r"^[0-9a-f]{8}-|_(?:png|jpe?g|webp|bmp)\.rf\.\w+$")


@dataclass(frozen=True)
class ClassNames:
    """The project's classes, and what other people call them (``aliases``: theirs, ``composed``, to ours)."""

    classes: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def find(self, name: object, where: str) -> str:
        """The class that a file's name for it means: its own, an alias, or the same but for case and dashes.

        Raises LabelError, beginning with ``where``, when there is none.

        >>> ClassNames(("T-shirt", "dress-shirt"), ALIASES).find("t_shirt", "file")
        'T-shirt'
        """
        text = composed(str(name))
        for wanted in (text, self.aliases.get(text, text)):
            if wanted in self.classes:
                return wanted
        alike = [known for known in self.classes if _plain(known) == _plain(text)]
        if len(alike) == 1:
            return alike[0]
        close = difflib.get_close_matches(text, self.classes, n=1)
        meant = f"did you mean '{close[0]}'" if close else "rename it"
        raise LabelError(
            f"{where}: unknown class '{text}': {meant}? params.yaml lists {', '.join(self.classes)}"
        )


@dataclass(frozen=True)
class Place:
    """What a file name says of its picture's place: ``exact`` when it can only be meant to the pixel.

    A pixel of the picture is ``scale`` pixels of the strip.
    """

    episode: str
    x0: int
    y0: int
    exact: bool
    scale: float = 1.0


def region_key(region: LabelledRegion) -> str:
    """The name under which a region goes out and is known again; it holds letters, digits, ``_.-`` only.

    A placed region is named as a panel is, ``SERIES_EPISODE_Y0-X0``, with ``_xSCALE`` behind it where that is
    not 1; another by its episode and its file's stem, so that it cannot be taken for placed.
    """
    if region.placed:
        scale = "" if region.scale == 1 else f"_x{region.scale:.9g}"
        return _safe(f"{region.series}_{region.episode}_{region.y0:06d}-{region.x0:04d}{scale}")
    return _safe(f"{region.series}_{region.episode or 'unknown'}_row-{PurePosixPath(region.source).stem}")


def region_keys(regions: Sequence[LabelledRegion]) -> list[str]:
    """A different key for each region: where two would be the same, later ones get ``-2``, ``-3`` ..."""
    seen: Counter[str] = Counter()
    keys = []
    for region in regions:
        key = region_key(region)
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}_{seen[key]}")
    return keys


def file_stem(source: str) -> str:
    """A file name without folders and the ending, whichever way its slashes lean.

    >>> file_stem("train_images/32848.jpg")
    '32848'
    """
    return PurePosixPath(composed(source).replace("\\", "/")).stem


def file_stems(source: str) -> tuple[str, ...]:
    """The stem of a file name, and, if it is another, without what labelling services put on it.

    >>> file_stems("images/3f5a2b1c-school_1_000644-0000.png")
    ('3f5a2b1c-school_1_000644-0000', 'school_1_000644-0000')
    """
    stem = file_stem(source)
    bare = _PUT_ON.sub("", stem)
    return (stem,) if bare == stem else (stem, bare)


def composed(text: str) -> str:
    """Text with each letter and its accents as one sign (NFC): macOS takes names apart."""
    return unicodedata.normalize("NFC", text)


def place_of(source: str, series: str, episode: str) -> Place | None:
    """The place that a file name tells, or None.

    ``SERIES/EPISODE/Y0-X0.png`` and ``SERIES_EPISODE_Y0-X0.png`` (a panel, an exported region), with as many
    digits as they have, are exact. Any other stem ``Y0`` or ``Y0-X0``, as rough cuts have it, is a first
    guess on the strip of ``episode``.

    >>> place_of("train_images/1584.jpg", "school", "201")
    Place(episode='201', x0=0, y0=1584, exact=False, scale=1.0)
    """
    parts = PurePosixPath(composed(source).replace("\\", "/")).parts
    for stem in file_stems(source):
        panel = _PANEL.fullmatch(stem)
        if panel and len(parts) >= 3 and parts[-3] == series:
            return Place(parts[-2], int(panel[2]), int(panel[1]), exact=True)
        if rough := _PLACE.fullmatch(stem):
            return Place(episode, int(rough[2] or 0), int(rough[1]), exact=False)
        if whole := re.fullmatch(rf"{re.escape(_safe(series))}_(.+)_{_PANEL.pattern}{_SCALE}", stem):
            return Place(whole[1], int(whole[3]), int(whole[2]), exact=True, scale=float(whole[4] or 1))
    return None


def anchored(region: LabelledRegion, series: str, episode: str, rows_are_exact: bool) -> LabelledRegion:
    """An imported region with series, and the place that it brings along or its file name tells.

    ``episode`` is known from elsewhere, or empty. ``rows_are_exact`` says that a row in a file name is
    the row of the strip, as it is when rough cuts were labelled.
    """
    region = replace(region, series=series)
    if region.placed:
        return region
    place = place_of(region.source, series, episode or region.episode)
    if place is None:
        return replace(region, episode=episode or region.episode, exact=False)
    exact = place.exact or (rows_are_exact and bool(place.episode))
    return replace(
        region, episode=place.episode, x0=place.x0, y0=place.y0, exact=exact, scale=place.scale * region.scale
    )


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", composed(name)).casefold()


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text)
