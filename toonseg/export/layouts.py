"""All layouts by name, and the export that writes panels in those that are asked for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from toonseg.console import progress
from toonseg.errors import ParamsError
from toonseg.export.coco import Coco, CocoFile
from toonseg.export.cutouts import Cutouts
from toonseg.export.danbooregion import DanbooRegion
from toonseg.export.hints import Hints
from toonseg.export.instances import Drawn, ExportJob, ExportPanel, OpenPanel, open_panel
from toonseg.export.labelmaps import LabelMaps
from toonseg.export.leave import PRIVATE, PRIVATE_TERMS, Shelf
from toonseg.export.masks_only import MasksOnly
from toonseg.export.matting import Matting
from toonseg.export.paired import Paired
from toonseg.export.triplets import Triplets
from toonseg.export.yolo import Yolo
from toonseg.parallel import Task, map_tasks
from toonseg.store import Source, Write, whole_folder

README = "README.txt"
MASKS = "masks.json"  # every panel of an export with its masks, as the report reads them


class Layout(Protocol):
    """A way to write panels, made with its folder and its job.

    What all panels must be known for, names and tables, it keeps in the process that exports. ``draw`` knows
    one panel, and runs in whichever process has it open.
    """

    holds_pixels: bool

    def __init__(self, folder: Path, job: ExportJob) -> None: ...

    def name(self, panel: ExportPanel, /) -> str | None:
        """What to call the next of the panels, each of which is named once; None leaves it out."""

    @staticmethod
    def draw(panel: OpenPanel, name: str, classes: Mapping[int, str], /) -> Drawn:
        """The files and rows of a panel that is called ``name``; ``classes`` are the chosen ones."""

    def note(self, panel: ExportPanel, rows: Sequence[Any], /) -> None:
        """Take in the rows of the next of the panels that have a name."""

    def close(self) -> None:
        """Write what needed all panels."""


LAYOUTS: dict[str, type[Layout]] = {
    "coco": Coco,
    "cutouts": Cutouts,
    "danbooregion": DanbooRegion,
    "hints": Hints,
    "labelmaps": LabelMaps,
    "masks_only": MasksOnly,
    "matting": Matting,
    "paired": Paired,
    "triplets": Triplets,
    "yolo": Yolo,
}
WITH_PIXELS = frozenset(name for name, layout in LAYOUTS.items() if layout.holds_pixels)


@dataclass(frozen=True)
class SeriesCount:
    """What was exported of a series."""

    panels: int
    masks: int


@dataclass(frozen=True)
class _Named:
    """A panel, and what it is called on each of the shelves; None where it does not lie."""

    panel: ExportPanel
    names: tuple[str | None, ...]


def export_panels(
    folder: Path,
    pictures: Path,
    panels: Iterable[ExportPanel],
    job: ExportJob,
    places: Sequence[Shelf],
    processes: int | None = None,
) -> dict[str, SeriesCount]:
    """Write each panel to the shelves below ``folder`` that take its series, all of it or nothing.

    The panels' files are in ``pictures``. Several episodes are drawn side by side, each one panel at a time.
    Counts every panel per series, also one that no shelf takes. Raises ImageError when a panel's file is
    missing, damaged, or of another size.
    """
    with whole_folder(folder) as aside:
        for shelf in places:
            (aside / shelf.path).mkdir(parents=True)
        layouts = [LAYOUTS[shelf.layout](aside / shelf.path, job) for shelf in places]
        everything = CocoFile(aside / MASKS, job)
        tasks = list(_tasks(pictures, panels, places, layouts))
        where = [(shelf.layout, aside / shelf.path) for shelf in places]
        drawn = map_tasks(partial(_draw, where=where, classes=job.classes), tasks, processes)
        with closing(drawn):  # nobody writes any more when the folder is put in place, or removed
            for rows, task in zip(progress(drawn, "export", "episode", len(tasks)), tasks, strict=True):
                for named, its_rows in zip(task.job, rows, strict=True):
                    everything.add(named.panel)
                    for layout, name, its in zip(layouts, named.names, its_rows, strict=True):
                        if name is not None:
                            layout.note(named.panel, its)
        for layout in layouts:
            layout.close()
        everything.close()
        _say_terms(aside, job, places)
    return _count(named.panel for task in tasks for named in task.job)


def check_choice(key: str, chosen: Sequence[str], known: Iterable[str]) -> list[str]:
    """The chosen names, each once, in the order of ``known``.

    Raises ParamsError that names the key of section ``export`` and what there is.
    """
    there_is = list(known)
    for name in chosen:
        if name not in there_is:
            raise ParamsError(
                f"params.yaml, section 'export': {key} names '{name}', which there is not: "
                f"choose among {', '.join(there_is)}"
            )
    return [name for name in there_is if name in chosen]


def summary(counts: Mapping[str, SeriesCount], layouts: Sequence[str]) -> str:
    """One line about an export.

    >>> summary({"a": SeriesCount(52, 412)}, ["coco", "cutouts"])
    'a: 52 panels, 412 masks; as coco, cutouts'
    """
    parts = [f"{series}: {its.panels} panels, {its.masks} masks" for series, its in counts.items()]
    return "; ".join([*parts, f"as {', '.join(layouts)}"])


def _tasks(
    pictures: Path, panels: Iterable[ExportPanel], places: Sequence[Shelf], layouts: Sequence[Layout]
) -> Iterator[Task[tuple[_Named, ...]]]:
    """A task for each episode, which reads its panels' files, in the order of the panels."""
    for _, episode in groupby(panels, key=lambda its: (its.panel.series, its.panel.episode)):
        named = tuple(
            _Named(
                panel,
                tuple(
                    layout.name(panel) if panel.panel.series in shelf.series else None
                    for shelf, layout in zip(places, layouts, strict=True)
                ),
            )
            for panel in episode
        )
        yield Task(named, tuple(pictures / its.panel.panel.path for its in named))


def _draw(
    episode: Sequence[_Named],
    files: Sequence[Source],
    write: Write,
    where: Sequence[tuple[str, Path]],
    classes: Mapping[int, str],
) -> list[list[Sequence[Any]]]:
    """Write an episode's panels, one at a time; gives the rows of each panel on each shelf."""
    rows = []
    for named, file in zip(episode, files, strict=True):
        panel = open_panel(named.panel, file)
        rows.append(
            [
                () if name is None else _written(LAYOUTS[layout].draw(panel, name, classes), folder, write)
                for (layout, folder), name in zip(where, named.names, strict=True)
            ]
        )
    return rows


def _written(drawn: Drawn, folder: Path, write: Write) -> Sequence[Any]:
    """Write the files of a panel; gives its rows."""
    for path, data in drawn.files.items():
        write(folder / path, data)
    return drawn.rows


def _count(panels: Iterable[ExportPanel]) -> dict[str, SeriesCount]:
    counts: Counter[str] = Counter()
    masks: Counter[str] = Counter()
    for panel in panels:
        counts[panel.panel.series] += 1
        masks[panel.panel.series] += len(panel.instances)
    return {series: SeriesCount(panels, masks[series]) for series, panels in counts.items()}


def _say_terms(folder: Path, job: ExportJob, places: Sequence[Shelf]) -> None:
    """Say what lies here and what may be done with it; keep private pixels out of Git."""
    layouts = ", ".join(dict.fromkeys(shelf.layout for shelf in places))
    (folder / README).write_text(_README.format(", ".join(job.classes.values()), layouts), encoding="utf-8")
    private = sorted({name for shelf in places if shelf.path.parts[0] == PRIVATE for name in shelf.series})
    if private:
        text = PRIVATE_TERMS.format(series=", ".join(private))
        (folder / PRIVATE / "TERMS.txt").write_text(text, encoding="utf-8")
        (folder / PRIVATE / ".gitignore").write_text("*\n", encoding="utf-8")


_README = f"""\
Masks of {{}}, exported by toonseg as {{}}.

Pictures that lie here are of series that params.yaml marks as your own or as openly licensed: an open
licence has its own terms. Pictures of other series lie in {PRIVATE}/ alone, if at all, and must not be
passed on. What may be shared of any series is masks_only: it holds no pixel of a picture.

Masks were drawn by a person (source: label) or by a model (source: prediction, with its score).
"""
