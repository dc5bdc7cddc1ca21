"""Whose pixels may go where: what every export keeps to before it writes a file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from toonseg.errors import ParamsError

PRIVATE = "private"  # the folder, below an export's, for pixels that must not go out

PRIVATE_TERMS = """\
The pictures in this folder were cut from series whose rights are their authors' and publishers'. They are
for your own research: do not publish them, and do not pass them on. Git ignores this folder for that
reason; leave it so. What may be shared of these series is the layout masks_only.

Series: {series}

A series is yours to share when params.yaml says so: set its licence to own, or to an open one.
"""


@dataclass(frozen=True)
class Shelf:
    """Where one layout is written, below the export's folder, and of which series."""

    layout: str
    path: PurePosixPath
    series: frozenset[str]


def closed_series(licences: Mapping[str, str]) -> list[str]:
    """The series that nobody marked as their own or openly licensed, in the order given."""
    return [series for series, licence in licences.items() if not licence]


def shelves(
    layouts: Sequence[str], licences: Mapping[str, str], with_pixels: Collection[str], pixels: bool
) -> list[Shelf]:
    """Where each layout goes, for series given with their licences (empty: all rights reserved).

    Layouts ``with_pixels`` part the series: open ones at LAYOUT, closed ones at private/LAYOUT and only with
    ``pixels``; the other layouts hold all series. Raises ParamsError when nothing may be written.
    """
    closed = frozenset(closed_series(licences))
    found = []
    for layout in layouts:
        holds = layout in with_pixels
        for path, series in (
            (PurePosixPath(layout), frozenset(licences) - closed if holds else frozenset(licences)),
            (PurePosixPath(PRIVATE, layout), closed if holds and pixels else frozenset()),
        ):
            if series:
                found.append(Shelf(layout, path, series))
    if not found:
        raise ParamsError(
            f"params.yaml, section 'export': {', '.join(layouts)} hold pixels, and no licence is given for "
            f"{', '.join(licences)}: set pixels to true to keep them in data/exports/{PRIVATE}, choose "
            "masks_only, or give the series' licence in section 'series'"
        )
    return found


def said_of_leave(
    layouts: Sequence[str], licences: Mapping[str, str], with_pixels: Collection[str], pixels: bool
) -> str:
    """What a run says about the pixels of closed series; empty when there is nothing to say.

    >>> said_of_leave(["coco"], {"a": "own", "b": ""}, ["coco"], False)
    'no pixels of b, which has no licence in params.yaml (export.pixels is false)'
    """
    closed = closed_series(licences)
    if not closed or not any(layout in with_pixels for layout in layouts):
        return ""
    which = f"{', '.join(closed)}, which {'has' if len(closed) == 1 else 'have'} no licence in params.yaml"
    if not pixels:
        return f"no pixels of {which} (export.pixels is false)"
    return f"pixels of {which}, in {PRIVATE}/ alone: not to be passed on"
