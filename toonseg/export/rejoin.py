"""Shared masks and somebody's own pages made one dataset again.

    OUT/
      annotations/instances_joined.json    COCO, run-length encoded masks, ids from 1
      images/SERIES/EPISODE/Y0-X0.png      the panels, cut from the pages
      matched.csv                          the file that each page is: ``MatchedRow``
      unmatched.csv                        what is missing, and what it costs: ``Unmatched``
      TERMS.txt                            it holds pixels: not to be passed on

A panel is made of all its pages or not at all.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from toonseg.console import progress
from toonseg.errors import LabelError, ToonsegError
from toonseg.export.masks_only import CLASSES, MASKS, PAGES, PANELS, ClassRow, MaskRow, PanelRow
from toonseg.export.names import file_name
from toonseg.export.originals import Original, find_originals, read_original
from toonseg.export.pages import SharedPage
from toonseg.geometry import Rle, rle_box, rle_runs
from toonseg.images import Picture, encode
from toonseg.records import Placement
from toonseg.store import read_table, whole_folder, write_json, write_table
from toonseg.strip import Strip

_TERMS = """\
Pictures in this folder were cut from pages whose rights are their authors' and publishers'. They are for your
own research: do not publish them, and do not pass them on. The terms of the masks came with the masks.
"""
_ONE_EXPORT = "take the files of one export"


@dataclass(frozen=True)
class MatchedRow:
    """A page and its file; ``bits`` of 256 tell how unlike it looks, 0 of the very same bytes or picture."""

    series: str
    episode: str
    page: int
    name: str
    file: str
    bits: int


@dataclass(frozen=True)
class Unmatched:
    """A page that was not found, or a panel and its masks that could not be made whole for want of one."""

    kind: str
    name: str
    masks: int
    why: str


def rejoin(masks: Path, pages: Path, out: Path) -> str:
    """Write the dataset of the masks in one folder and the pages in another; gives a summary.

    A panel is joined when all its pages were found. A page of another size is scaled to the one that the
    masks were drawn on. Raises ToonsegError when a table is unusable, ``out`` holds something, or no page is
    found.
    """
    shared = read_table(masks / PAGES, SharedPage)
    panels = read_table(masks / PANELS, PanelRow)
    classes = read_table(masks / CLASSES, ClassRow)
    drawn = _masks_by_panel(masks / MASKS, {row.panel: row for row in panels})
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ToonsegError(f"{out} is there already: name another folder, or delete it")
    found, faults = find_originals(pages, shared)
    if not found:
        series = ", ".join(dict.fromkeys(page.series for page in shared))
        raise ToonsegError(f"none of the {len(shared)} pages is in {pages}: are they those of {series}?")
    with whole_folder(out) as aside:
        joined, lost = _join(aside, pages, shared, found, panels, drawn)
        write_json(aside / "annotations/instances_joined.json", _document(joined, drawn, classes))
        write_table(aside / "matched.csv", [_matched(page, its) for page, its in found.items()], MatchedRow)
        absent = [_missing(page, lost, drawn) for page in shared if page not in found]
        panels_lost = [
            Unmatched("panel", row.panel, len(drawn[row.panel]), f"needs {', '.join(names)}")
            for row, names in lost
        ]
        unread = [Unmatched("file", "", 0, str(fault)) for fault in faults]
        write_table(aside / "unmatched.csv", [*absent, *panels_lost, *unread], Unmatched)
        (aside / "TERMS.txt").write_text(_TERMS, encoding="utf-8")
    masks_joined = sum(len(drawn[row.panel]) for row, _ in joined)
    told = [
        f"{out}: {len(joined)} of {len(panels)} panels with {masks_joined} masks; {len(found)} of "
        f"{len(shared)} pages, {sum(its.same for its in found.values())} of them byte for byte",
        *(f"page {its.name} is missing: {its.masks} masks in {its.why}" for its in absent),
        *map(str, faults),
    ]
    return "\n".join(told)


def _join(
    aside: Path,
    pages: Path,
    shared: Sequence[SharedPage],
    found: Mapping[SharedPage, Original],
    panels: Sequence[PanelRow],
    drawn: Mapping[str, Sequence[MaskRow]],
) -> tuple[list[tuple[PanelRow, str]], list[tuple[PanelRow, list[str]]]]:
    """Write the panels whose pages are there; gives them with their files, and the others with what lacks."""
    joined, lost = [], []
    episodes: dict[tuple[str, str], list[SharedPage]] = defaultdict(list)
    for page in shared:
        episodes[page.series, page.episode].append(page)
    for key, group in groupby(progress(panels, "join", "panel"), key=lambda row: (row.series, row.episode)):
        strip = _strip(episodes[key], found, pages)
        for row in group:
            under = [page for page in episodes[key] if page.y0 < row.y1 and row.y0 < page.y1]
            if not under or any(page not in found for page in under):
                lost.append((row, [page.name for page in under if page not in found] or ["pages"]))
                continue
            picture = strip.rows(row.y0, row.y1)[:, row.x0 : row.x1]
            path = "/".join(map(file_name, row.panel.split("/"))) + ".png"
            target = aside / "images" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(encode(np.ascontiguousarray(picture), "png", 100))
            joined.append((row, path))
    return joined, lost


def _strip(placed: Sequence[SharedPage], found: Mapping[SharedPage, Original], pages: Path) -> Strip:
    """The strip of an episode, of which only rows of found pages may be read."""
    by_page = {page.page: page for page in placed}

    def read(placement: Placement) -> Picture:
        page = by_page[placement.page]
        return _sized(read_original(pages, found[page]), page.width, page.height)

    rows = [
        Placement(page.series, page.episode, page.page, page.name, page.scale, page.y0, page.y1)
        for page in placed
    ]
    try:
        return Strip(rows, read)
    except ValueError as error:
        where = f"{placed[0].series}/{placed[0].episode}"
        raise LabelError(f"{PAGES}: the pages of {where} make no strip ({error}): export again") from None


def _sized(picture: Picture, width: int, height: int) -> Picture:
    if picture.shape[:2] == (height, width):
        return picture
    method = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)


def _masks_by_panel(path: Path, panels: Mapping[str, PanelRow]) -> dict[str, list[MaskRow]]:
    """The masks of every panel, often none. Raises LabelError for one that does not fit its panel."""
    drawn: dict[str, list[MaskRow]] = {panel: [] for panel in panels}
    for line, row in enumerate(read_table(path, MaskRow), start=2):
        if row.panel not in panels:
            raise LabelError(f"{path}, line {line}: no panel {row.panel} in {PANELS}: {_ONE_EXPORT}")
        its = panels[row.panel]
        if (row.height, row.width) != (its.y1 - its.y0, its.x1 - its.x0):
            raise LabelError(f"{path}, line {line}: the mask is not of its panel's size: {_ONE_EXPORT}")
        try:
            rle_runs({"size": [row.height, row.width], "counts": row.counts})
        except ValueError as error:
            raise LabelError(f"{path}, line {line}: {error}: fetch the file again") from None
        drawn[row.panel].append(row)
    return drawn


def _document(
    joined: Sequence[tuple[PanelRow, str]],
    drawn: Mapping[str, Sequence[MaskRow]],
    classes: Sequence[ClassRow],
) -> dict[str, Any]:
    """COCO of the joined panels."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (row, path) in enumerate(joined, start=1):
        images.append(
            {
                "id": number,
                "file_name": path,
                "width": row.x1 - row.x0,
                "height": row.y1 - row.y0,
                "series": row.series,
                "episode": row.episode,
                "side": row.side,
            }
        )
        for its in drawn[row.panel]:
            annotations.append(_annotation(len(annotations) + 1, number, its))
    categories = [{"id": row.class_id, "name": row.name} for row in classes]
    return {"images": images, "annotations": annotations, "categories": categories}


def _annotation(number: int, image: int, row: MaskRow) -> dict[str, Any]:
    rle: Rle = {"size": [row.height, row.width], "counts": row.counts}
    x0, y0, x1, y1 = rle_box(rle)
    return {
        "id": number,
        "image_id": image,
        "category_id": row.class_id,
        "segmentation": rle,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": row.area,
        "iscrowd": 0,
        "source": row.source,
        "score": row.score,
    }


def _matched(page: SharedPage, its: Original) -> MatchedRow:
    return MatchedRow(page.series, page.episode, page.page, page.name, its.place, its.bits)


def _missing(
    page: SharedPage,
    lost: Sequence[tuple[PanelRow, list[str]]],
    drawn: Mapping[str, Sequence[MaskRow]],
) -> Unmatched:
    """A page that was not found, with the panels and masks that are lost with it."""
    rows = [
        row
        for row, names in lost
        if (row.series, row.episode) == (page.series, page.episode) and page.name in names
    ]
    masks = sum(len(drawn[row.panel]) for row in rows)
    return Unmatched("page", f"{page.series}/{page.episode}/{page.name}", masks, f"{len(rows)} panels")
