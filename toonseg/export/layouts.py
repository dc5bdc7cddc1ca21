"""All layouts by name, and the export that writes panels in those that are asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from toonseg.errors import ParamsError
from toonseg.export.coco import Coco, CocoFile
from toonseg.export.cutouts import Cutouts
from toonseg.export.danbooregion import DanbooRegion
from toonseg.export.hints import Hints
from toonseg.export.instances import ExportJob, ExportPanel
from toonseg.export.labelmaps import LabelMaps
from toonseg.export.leave import PRIVATE, PRIVATE_TERMS, Shelf
from toonseg.export.masks_only import MasksOnly
from toonseg.export.matting import Matting
from toonseg.export.paired import Paired
from toonseg.export.triplets import Triplets
from toonseg.export.yolo import Yolo
from toonseg.store import whole_folder

README = "README.txt"
MASKS = "masks.json"  # every panel of an export with its masks, as the report reads them


class Layout(Protocol):
    """A way to write panels, made with its folder and its job."""

    holds_pixels: bool

    def __init__(self, folder: Path, job: ExportJob) -> None: ...

    def add(self, panel: ExportPanel) -> None:
        """Write what can be written of a panel now."""

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


def export_panels(
    folder: Path, panels: Iterable[ExportPanel], job: ExportJob, places: Sequence[Shelf]
) -> dict[str, SeriesCount]:
    """Write each panel to the shelves below ``folder`` that take its series, all of it or nothing.

    One panel is in memory at a time. Counts every panel per series, also one that no shelf takes.
    """
    counts: Counter[str] = Counter()
    masks: Counter[str] = Counter()
    with whole_folder(folder) as aside:
        writers = []
        for shelf in places:
            (aside / shelf.path).mkdir(parents=True)
            writers.append((shelf, LAYOUTS[shelf.layout](aside / shelf.path, job)))
        everything = CocoFile(aside / MASKS, job)
        for panel in panels:
            series = panel.panel.series
            everything.add(panel)
            for shelf, writer in writers:
                if series in shelf.series:
                    writer.add(panel)
            counts[series] += 1
            masks[series] += len(panel.instances)
        for _, writer in writers:
            writer.close()
        everything.close()
        _say_terms(aside, job, places)
    return {series: SeriesCount(panels, masks[series]) for series, panels in counts.items()}


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
