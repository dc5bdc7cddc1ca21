"""Regions held to the pages that they were drawn on, so that a changed strip is noticed and followed.

A region remembers the digests and rows of the pages under it. When a page is inserted or taken away
above it, its pages are found again by their digests, and the region moves with them. When a page under
it was encoded anew, its neighbours tell where it is. When it has another size, so do they, as long as
it fills the same rows.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from toonseg.labels.regions import LabelledRegion, PageUnder

KEPT: Final = "kept"
NOTED: Final = "noted"
MOVED: Final = "moved"
RENEWED: Final = "renewed"
LOST: Final = "lost"
ROUNDING_ROWS = 2  # by which a page's height may differ when it comes in another size
Fate = Literal["kept", "noted", "moved", "renewed", "lost"]


@dataclass(frozen=True)
class Anchoring:
    """A region as it is anchored now, and what became of it.

    ``kept``: as it was; ``noted``: its pages are remembered now; ``moved``: it went with its pages;
    ``renewed``: pages under it have other bytes but fill the same rows; ``lost``: nothing tells where it
    is, and its anchor is a guess from now on.
    """

    region: LabelledRegion
    fate: Fate


def anchor(region: LabelledRegion, pages: Sequence[PageUnder], known: Collection[str] = ()) -> Anchoring:
    """Anchor a region on a strip that consists of ``pages`` now, from top to bottom.

    The region is placed, or it was and was lost with its pages. ``known`` are the digests of pages that
    other regions remember: such a page is never taken for one of this region's, encoded anew.
    """
    under = _under(region, region.y0, pages)
    if not region.pages:
        if not under:
            return Anchoring(replace(region, exact=False), LOST)
        return Anchoring(replace(region, pages=under), NOTED)
    if under == region.pages and region.exact:
        return Anchoring(region, KEPT)
    shift = _shift(region.pages, pages, known)
    if shift is None:
        return Anchoring(replace(region, exact=False), LOST)
    there = _under(region, region.y0 + shift, pages)
    moved = replace(region, y0=region.y0 + shift, pages=there, exact=True)
    same_bytes = [page.sha256 for page in there] == [page.sha256 for page in region.pages]
    return Anchoring(moved, MOVED if same_bytes else RENEWED)


def _under(region: LabelledRegion, y0: int, pages: Sequence[PageUnder]) -> tuple[PageUnder, ...]:
    """The pages that a region at ``y0`` shows rows of; none when it does not lie on the strip."""
    y1 = y0 + region.box[3] - region.y0
    if y0 < 0 or not pages or y0 >= pages[-1].y1:
        return ()
    return tuple(page for page in pages if page.y0 < y1 and page.y1 > y0)


def astray(region: LabelledRegion, pages: Iterable[tuple[int, int]]) -> bool:
    """Whether a page under a region lies elsewhere now; ``pages`` are the rows (y0, y1) of the strip's."""
    return not {(page.y0, page.y1) for page in region.pages} <= set(pages)


def lies_there(old: PageUnder, shift: int, pages: Sequence[PageUnder], known: Collection[str] = ()) -> bool:
    """Whether the rows of a page, ``shift`` rows on, are those of one page, which can be the same.

    That is, it has the same bytes; or it was encoded anew (``ROUNDING_ROWS`` higher or lower, where it came
    in another size): then the old bytes are nowhere, and the new ones are not ``known``.
    """
    gone = all(new.sha256 != old.sha256 for new in pages)
    return any(
        new.sha256 == old.sha256 or (gone and new.sha256 not in known)
        for new in pages
        if max(abs(old.y0 + shift - new.y0), abs(old.y1 + shift - new.y1)) <= ROUNDING_ROWS
    )


def _shift(old: Sequence[PageUnder], pages: Sequence[PageUnder], known: Collection[str]) -> int | None:
    """By how many rows the strip moved under a region, or None when its pages do not tell.

    Known pages tell; where all are unknown, they must lie where they lay. With that shift every
    page must lie where one is that can be the same. Of several shifts, as pages that occur twice give them,
    the one with the most known pages is meant.
    """
    votes: Counter[int] = Counter()
    for page in old:
        for new in pages:
            if new.sha256 == page.sha256 and new.y1 - new.y0 == page.y1 - page.y0:
                votes[new.y0 - page.y0] += 1
    good = [
        shift
        for shift in votes or Counter({0: 1})
        if all(lies_there(page, shift, pages, known) for page in old)
    ]
    best = [shift for shift in good if votes[shift] == max(votes[shift] for shift in good)]
    return best[0] if len(best) == 1 else None
