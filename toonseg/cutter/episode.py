"""Cut one episode that a user has, and write what is wished of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toonseg.cuts.bands import find_bands
from toonseg.cuts.panels import find_panels
from toonseg.cutter.sources import open_loose, open_source
from toonseg.cutter.wish import TABLE, Wish
from toonseg.episodes import panels_of, with_path, write_pictures
from toonseg.errors import ToonsegError
from toonseg.records import PANEL, TEXT, Panel, Placement
from toonseg.store import whole_folder, write_table
from toonseg.strip import Strip


def cut_episode(path: Path, wish: Wish) -> dict[str, Any]:
    """Cut the episode at ``path`` and give its cut as JSON has it.

    Raises ToonsegError that names what is wrong with its pages, or tells that nothing is drawn on them.
    """
    with open_source(path) as source:
        strip, placements = open_loose(source)
        bands = find_bands(strip, wish.rough)
        drawings = find_panels(strip, bands, wish.fine)
        if not drawings:
            raise ToonsegError(f"{path} is blank: nothing is drawn on its {len(placements)} pages")
        panels = panels_of(placements[0], drawings)
        if wish.images or wish.preview:
            with whole_folder(wish.out / source.episode) as folder:
                _write(strip, bands, panels, wish, folder)
    return _as_json(strip, placements, bands, panels)


def _write(
    strip: Strip, bands: Sequence[tuple[int, int]], panels: Sequence[Panel], wish: Wish, folder: Path
) -> None:
    """Write what is wished of one episode in ``folder``."""
    rows = list(panels)
    if wish.images:
        write_pictures(strip, panels, wish.fine, folder)
        rows = [with_path(panel, panel.episode, wish.fine) for panel in panels]
    write_table(folder / TABLE, rows, Panel)
    if wish.preview:
        from toonseg.pictures.preview import write_preview

        write_preview(folder, "preview", strip, bands, panels)


def _as_json(
    strip: Strip, placements: Sequence[Placement], bands: Sequence[tuple[int, int]], panels: Sequence[Panel]
) -> dict[str, Any]:
    """The cut of an episode in strip pixels: spans of rows, and boxes ``x0, y0, x1, y1``."""
    boxes = {kind: [[p.x0, p.y0, p.x1, p.y1] for p in panels if p.kind == kind] for kind in (PANEL, TEXT)}
    return {
        "width": strip.width,
        "pages": [[placement.y0, placement.y1] for placement in placements],
        "bands": [[y0, y1] for y0, y1 in bands],
        "panels": boxes[PANEL],
        "texts": boxes[TEXT],
    }
