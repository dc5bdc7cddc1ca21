"""Panels as kumiko (https://github.com/njean42/kumiko) finds them, to compare with: a checkout of it is run.

It is made for comic pages, so it gets a strip's pages one by one, and its boxes are put on the strip: of a
panel that a page's end cuts it sees only parts. What it needs, OpenCV, NumPy and requests, must be installed
beside toonseg.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from toonseg.records import Placement

Box = tuple[int, int, int, int]


def cut_kumiko(checkout: Path, pages: Sequence[bytes], placements: Sequence[Placement]) -> list[Box]:
    """The panels of a strip whose pages are image files, placed by ``placements``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for placement in placements:
            (folder / str(placement.page)).write_bytes(pages[placement.page - 1])
        found = _run(checkout, folder) or _run_alone(checkout, [folder / str(p.page) for p in placements])
    return [_placed(panel, placement) for placement in placements for panel in found[str(placement.page)]]


def _run(checkout: Path, pages: Path) -> dict[str, list[Sequence[int]]]:
    """The panels of the pages in a folder, or of one page, by the page's name; none where kumiko fails."""
    with tempfile.TemporaryDirectory() as name:
        result = Path(name) / "result.json"
        command = [sys.executable, str(checkout / "kumiko"), "-i", str(pages), "-o", str(result)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not result.exists():
            return {}
        return {Path(page["filename"]).name: page["panels"] for page in json.loads(result.read_text())}


def _run_alone(checkout: Path, pages: Sequence[Path]) -> dict[str, list[Sequence[int]]]:
    """The panels of pages on one of which kumiko fails, each by itself: there it finds none.

    Ends the program where it fails on all of them: then something else is wrong.
    """
    found = [_run(checkout, page) for page in pages]
    if not any(found):
        raise SystemExit(f"{checkout / 'kumiko'} fails on every page: are OpenCV and requests installed?")
    return {page.name: its.get(page.name, []) for page, its in zip(pages, found, strict=True)}


def _placed(panel: Sequence[int], placement: Placement) -> Box:
    """A page's panel ``x, y, width, height`` as a box on the strip."""
    x, y, width, height = panel
    x0, y0, x1, y1 = (round(value * placement.scale) for value in (x, y, x + width, y + height))
    return x0, y0 + placement.y0, x1, y1 + placement.y0
