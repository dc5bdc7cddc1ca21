"""A series' episodes cut roughly and cut to panels, several episodes side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le

from toonseg.console import progress
from toonseg.cuts.bands import RoughCutParams, find_bands
from toonseg.cuts.panels import Drawing, PanelParams, find_panels
from toonseg.errors import ImageError
from toonseg.images import encode
from toonseg.pages import open_strip
from toonseg.parallel import Task, map_tasks
from toonseg.records import PANEL, TEXT, Band, Panel, Placement
from toonseg.store import Source, Write, write_bytes
from toonseg.strip import Strip

Draw = Callable[[str, Strip, Sequence[tuple[int, int]], Sequence[Panel], Write], None]


@dataclass(frozen=True)
class CutParams(PanelParams):
    """Section ``cut`` of params.yaml: what a panel is, and how its picture is written."""

    format: Literal["png", "jpg", "webp"]
    quality: Annotated[int, Ge(1), Le(100)]


@dataclass(frozen=True)
class _Job:
    """An episode to cut; ``bands`` are empty before the rough cut."""

    placements: tuple[Placement, ...]
    bands: tuple[tuple[int, int], ...]


def rough_cut_series(
    folder: Path, placements: Sequence[Placement], params: RoughCutParams, processes: int | None = None
) -> list[Band]:
    """Find the bands of every episode that ``placements`` lists, with its pages in ``folder``."""
    tasks = _tasks(folder, placements)
    cut = map_tasks(partial(_rough_cut, params=params), tasks, processes)
    return [band for bands in progress(cut, "rough cut", "episode", len(tasks)) for band in bands]


def cut_series(
    folder: Path,
    placements: Sequence[Placement],
    bands: Sequence[Band],
    params: CutParams,
    out: Path,
    processes: int | None = None,
    draw: Draw | None = None,
) -> list[Panel]:
    """Find the panels in the bands of every episode, and write their pictures in ``out``/EPISODE.

    ``draw``, a function that can be pickled, is called for each episode with what was found.
    """
    tasks = _tasks(folder, placements, bands)
    cut = map_tasks(partial(_cut, params=params, out=out, draw=draw), tasks, processes)
    return [panel for panels in progress(cut, "cut", "episode", len(tasks)) for panel in panels]


def count_cut(
    placements: Sequence[Placement], bands: Sequence[Band], panels: Sequence[Panel]
) -> dict[str, int]:
    """How much there is of each: episodes, pages, bands, panels and drawings of text only."""
    return {
        "episodes": len({placement.episode for placement in placements}),
        "pages": len(placements),
        "bands": len(bands),
        "panels": sum(panel.kind == PANEL for panel in panels),
        "texts": sum(panel.kind == TEXT for panel in panels),
    }


def _tasks(folder: Path, placements: Sequence[Placement], bands: Sequence[Band] = ()) -> list[Task[_Job]]:
    """A task for each episode, which reads its archive, in the order of the placements."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for band in bands:
        spans.setdefault(band.episode, []).append((band.y0, band.y1))
    return [
        Task(_Job(tuple(rows), tuple(spans.get(episode, ()))), (folder / f"{episode}.cbz",))
        for episode, rows in groupby(placements, key=lambda placement: placement.episode)
    ]


def _rough_cut(job: _Job, files: Sequence[Source], _: Write, params: RoughCutParams) -> list[Band]:
    first = job.placements[0]
    bands = find_bands(open_strip(files[0], job.placements), params)
    return [Band(first.series, first.episode, y0, y1) for y0, y1 in bands]


def _cut(
    job: _Job, files: Sequence[Source], write: Write, params: CutParams, out: Path, draw: Draw | None
) -> list[Panel]:
    strip, first = open_strip(files[0], job.placements), job.placements[0]
    panels = panels_of(first, find_panels(strip, job.bands, params))
    write_pictures(strip, panels, params, out / first.episode, write)
    if draw is not None:
        draw(first.episode, strip, job.bands, panels, write)
    return [with_path(panel, f"{first.series}/{first.episode}", params) for panel in panels]


def panels_of(page: Placement, drawings: Sequence[Drawing]) -> list[Panel]:
    """The table's rows for the drawings found on the strip of ``page``, without paths."""
    return [
        Panel(page.series, page.episode, cut.x0, cut.y0, cut.x1, cut.y1, cut.kind, "") for cut in drawings
    ]


def write_pictures(
    strip: Strip, panels: Sequence[Panel], params: CutParams, folder: Path, write: Write = write_bytes
) -> None:
    """Crop the panels of a strip and write their pictures, named by their places, in ``folder``."""
    for panel in panels:
        if panel.kind == TEXT:
            continue
        picture = strip.rows(panel.y0, panel.y1)[:, panel.x0 : panel.x1]
        try:
            data = encode(picture, params.format, params.quality)
        except ImageError as error:
            raise ImageError(f"panel {panel.id}: {error}: choose png as cut.format") from None
        write(folder / f"{panel.place}.{params.format}", data)


def with_path(panel: Panel, folder: str, params: CutParams) -> Panel:
    """The panel with the path of its picture in ``folder``; a text has none."""
    return panel if panel.kind == TEXT else replace(panel, path=f"{folder}/{panel.place}.{params.format}")
