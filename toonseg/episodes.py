"""A series' episodes cut roughly and cut to panels, several episodes side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le

from toonseg.console import progress
from toonseg.cuts.bands import RoughCutParams, find_bands
from toonseg.cuts.panels import PanelParams, find_panels
from toonseg.errors import ImageError
from toonseg.images import encode
from toonseg.pages import open_strip
from toonseg.parallel import map_episodes
from toonseg.records import PANEL, TEXT, Band, Panel, Placement
from toonseg.store import write_bytes
from toonseg.strip import Strip


@dataclass(frozen=True)
class CutParams(PanelParams):
    """Section ``cut`` of params.yaml: what a panel is, and how its picture is written."""

    format: Literal["png", "jpg", "webp"]
    quality: Annotated[int, Ge(1), Le(100)]


@dataclass(frozen=True)
class _Job:
    """One episode's share of the work; ``bands`` are empty before the rough cut."""

    archive: Path
    placements: tuple[Placement, ...]
    bands: tuple[tuple[int, int], ...] = ()

    @property
    def strip(self) -> Strip:
        return open_strip(self.archive, self.placements)


def rough_cut_series(
    folder: Path, placements: Sequence[Placement], params: RoughCutParams, processes: int | None = None
) -> list[Band]:
    """Find the bands of every episode that ``placements`` lists, with its pages in ``folder``."""
    jobs = _jobs(folder, placements)
    cut = map_episodes(partial(_rough_cut, params=params), jobs, processes)
    return [band for bands in progress(cut, "rough cut", "episode", len(jobs)) for band in bands]


def cut_series(
    folder: Path,
    placements: Sequence[Placement],
    bands: Sequence[Band],
    params: CutParams,
    out: Path,
    processes: int | None = None,
) -> list[Panel]:
    """Find the panels in the bands of every episode, and write their pictures in ``out``/EPISODE."""
    jobs = _jobs(folder, placements, bands)
    cut = map_episodes(partial(_cut, params=params, out=out), jobs, processes)
    return [panel for panels in progress(cut, "cut", "episode", len(jobs)) for panel in panels]


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


def _jobs(folder: Path, placements: Sequence[Placement], bands: Sequence[Band] = ()) -> list[_Job]:
    """A job for each episode, in the order of the placements."""
    return [
        _Job(
            folder / f"{episode}.cbz",
            tuple(rows),
            tuple((band.y0, band.y1) for band in bands if band.episode == episode),
        )
        for episode, rows in groupby(placements, key=lambda placement: placement.episode)
    ]


def _rough_cut(job: _Job, params: RoughCutParams) -> list[Band]:
    first = job.placements[0]
    return [Band(first.series, first.episode, y0, y1) for y0, y1 in find_bands(job.strip, params)]


def _cut(job: _Job, params: CutParams, out: Path) -> list[Panel]:
    strip, first = job.strip, job.placements[0]
    panels = [
        Panel(first.series, first.episode, cut.x0, cut.y0, cut.x1, cut.y1, cut.kind, "")
        for cut in find_panels(strip, job.bands, params)
    ]
    return [panel if panel.kind == TEXT else _written(panel, strip, params, out) for panel in panels]


def _written(panel: Panel, strip: Strip, params: CutParams, out: Path) -> Panel:
    """The panel with the path of its picture, which is written."""
    picture = strip.rows(panel.y0, panel.y1)[:, panel.x0 : panel.x1]
    try:
        data = encode(picture, params.format, params.quality)
    except ImageError as error:
        raise ImageError(f"panel {panel.id}: {error}: choose png as cut.format") from None
    path = Path(f"{panel.id}.{params.format}")
    write_bytes(out / path.relative_to(panel.series), data)
    return replace(panel, path=path.as_posix())
