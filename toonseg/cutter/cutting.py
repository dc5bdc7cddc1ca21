"""Cut the episodes that a user has: several side by side, the fault of one no harm to the others."""

import errno
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from toonseg.console import progress
from toonseg.cuts.bands import RoughCutParams, find_bands
from toonseg.cuts.panels import find_panels
from toonseg.cutter.sources import open_loose, open_source, source_name
from toonseg.episodes import CutParams, panels_of, with_path, write_pictures
from toonseg.errors import ToonsegError
from toonseg.parallel import map_episodes
from toonseg.params import check_params, find_section, read_yaml
from toonseg.records import PANEL, TEXT, Panel, Placement
from toonseg.store import whole_folder, write_json, write_table
from toonseg.strip import Strip

TABLE = "panels.csv"


@dataclass(frozen=True)
class Wish:
    """What is to be written below ``out``, and the thresholds; without either, nothing is."""

    out: Path
    images: bool
    preview: bool
    rough: RoughCutParams
    fine: CutParams


@dataclass(frozen=True)
class Outcome:
    """What became of one episode: its cut as JSON has it, or the sentence that tells its fault."""

    episode: str
    cut: dict[str, Any] | None
    fault: str = ""


def cut_all(
    paths: Sequence[Path], wish: Wish, json_file: Path | None = None, processes: int | None = None
) -> int:
    """Cut the episodes at ``paths``; prints a line for each and gives the exit status.

    ``json_file`` takes the cut of the one episode, or the cuts of several by their names. An episode with
    a fault is told on stderr and makes the status 1; the others are done all the same.
    """
    _check_names(paths, wish)
    if wish.images or wish.preview:
        _make_folder(wish.out)
    done: dict[str, dict[str, Any]] = {}
    faults = 0
    outcomes = map_episodes(partial(_cut, wish=wish), paths, processes)
    for outcome in progress(outcomes, "cut", "episode", len(paths)):
        if outcome.cut is None:
            faults += 1
            print(f"error: {outcome.fault}", file=sys.stderr, flush=True)
        else:
            done[outcome.episode] = outcome.cut
            print(
                f"{outcome.episode}: {len(outcome.cut['panels'])} panels, {len(outcome.cut['texts'])} texts"
            )
    if json_file is not None and done:
        write_json(json_file, next(iter(done.values())) if len(paths) == 1 else done)
    return 1 if faults else 0


def load_thresholds(path: Path | None) -> tuple[RoughCutParams, CutParams]:
    """Read the thresholds from ``path``, or from the params.yaml here, or from toonseg's own."""
    here, own = Path("params.yaml"), Path(__file__).parents[2] / "params.yaml"
    path = path or (own if not here.exists() and own.exists() else here)
    document = read_yaml(path)
    rough, fine = (find_section(document, name, path) for name in ("cut_rough", "cut"))
    return (
        check_params(rough, RoughCutParams, f"{path}, section 'cut_rough'"),
        check_params(fine, CutParams, f"{path}, section 'cut'"),
    )


def _check_names(paths: Sequence[Path], wish: Wish) -> None:
    """Raise ToonsegError when two episodes would share a name, or a folder that is not ours be replaced."""
    name, count = Counter(source_name(path) for path in paths).most_common(1)[0]
    if count > 1:
        raise ToonsegError(f"{count} of the episodes are named '{name}': cut them in calls of their own")
    for path in paths if wish.images or wish.preview else ():
        folder = wish.out / source_name(path)
        if folder.exists() and not (folder / TABLE).exists():
            raise ToonsegError(f"{folder} is there already and holds no {TABLE}: choose another --out")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToonsegError(f"{error.filename}: {error.strerror}: choose another --out") from None


def _cut(path: Path, wish: Wish) -> Outcome:
    try:
        return Outcome(source_name(path), _cut_episode(path, wish))
    except ToonsegError as error:
        return Outcome(source_name(path), None, str(error))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise  # the others would fail as well
        return Outcome(source_name(path), None, f"{error.filename or path}: {error.strerror}")


def _cut_episode(path: Path, wish: Wish) -> dict[str, Any]:
    with open_source(path) as source:
        strip, placements = open_loose(source)
        bands = find_bands(strip, wish.rough)
        drawings = find_panels(strip, bands, wish.fine)
        if not drawings:
            raise ToonsegError(f"{path} is blank: nothing is drawn on any page")
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
