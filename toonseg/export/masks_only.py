"""Layout ``masks_only``: what may be shared. Masks, tables and digests of pages; not one pixel of a picture.

    masks_only/
      masks.csv        a run-length encoded mask a row: ``MaskRow``
      panels.csv       where each panel lies on its episode's strip: ``PanelRow``
      pages.csv        how the strip is made of pages, and how to know them again: ``SharedPage``
      classes.csv      the classes' ids: ``ClassRow``
      croissant.json   all of it described for machines (MLCommons Croissant 1.0)
      DATASHEET.md     ... and for people (Gebru et al., "Datasheets for Datasets", 2018)
      TERMS.md         what may be done with it

``toonseg rejoin MASKS_DIR PAGES_DIR --out DIR`` makes a dataset of it for whoever has the pages.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toonseg.export.croissant import croissant
from toonseg.export.datasheet import datasheet, terms
from toonseg.export.instances import Drawn, ExportJob, ExportPanel, OpenPanel
from toonseg.export.pages import SharedPage
from toonseg.store import write_bytes, write_json, write_table

MASKS, PANELS, PAGES, CLASSES = "masks.csv", "panels.csv", "pages.csv", "classes.csv"


@dataclass(frozen=True)
class MaskRow:
    """A mask: ``counts`` is COCO's compressed run-length code of the panel's height and width."""

    panel: str
    class_id: int
    name: str
    source: str
    score: float
    area: int
    height: int
    width: int
    counts: str


@dataclass(frozen=True)
class PanelRow:
    """A panel's box on its episode's strip, in strip pixels, half-open."""

    panel: str
    series: str
    episode: str
    x0: int
    y0: int
    x1: int
    y1: int
    side: str
    masks: int


@dataclass(frozen=True)
class ClassRow:
    """A class and its id."""

    class_id: int
    name: str


class MasksOnly:
    """Notes the masks of one panel after another, then writes the tables and their descriptions."""

    holds_pixels = False

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder = folder
        self._job = job
        self._masks: list[MaskRow] = []
        self._panels: list[PanelRow] = []

    def name(self, panel: ExportPanel) -> str:
        """The panel's id."""
        return panel.panel.id

    @staticmethod
    def draw(_panel: OpenPanel, _name: str, _classes: Mapping[int, str]) -> Drawn:
        """Nothing."""
        return Drawn({})

    def note(self, panel: ExportPanel, _: Sequence[Any]) -> None:
        """Note a panel and its masks."""
        which = panel.panel
        for its in panel.instances:
            height, width = its.rle["size"]
            row = MaskRow(
                which.id,
                its.class_id,
                its.name,
                its.source,
                its.score,
                its.area,
                height,
                width,
                its.rle["counts"],
            )
            self._masks.append(row)
        box = (which.x0, which.y0, which.x1, which.y1)
        self._panels.append(
            PanelRow(which.id, which.series, which.episode, *box, panel.side, len(panel.instances))
        )

    def close(self) -> None:
        """Write everything."""
        episodes = {(row.series, row.episode) for row in self._panels}
        series = dict.fromkeys(row.series for row in self._panels)
        pages = [
            page
            for name in series
            for page in self._job.pages(name)
            if (page.series, page.episode) in episodes
        ]
        classes = [ClassRow(class_id, name) for class_id, name in self._job.classes.items()]
        write_table(self._folder / MASKS, self._masks, MaskRow)
        write_table(self._folder / PANELS, self._panels, PanelRow)
        write_table(self._folder / PAGES, pages, SharedPage)
        write_table(self._folder / CLASSES, classes, ClassRow)
        tables = {MASKS: MaskRow, PANELS: PanelRow, PAGES: SharedPage, CLASSES: ClassRow}
        licence = self._job.masks_licence
        write_json(self._folder / "croissant.json", croissant(self._folder, tables, licence))
        counts = {
            "series": len(series),
            "episodes": len(episodes),
            "pages": len(pages),
            "panels": len(self._panels),
            **Counter(f"masks by {row.source}" for row in self._masks),
        }
        by_class = Counter(row.name for row in self._masks)
        text = datasheet(counts, {name: by_class[name] for name in self._job.classes.values()})
        write_bytes(self._folder / "DATASHEET.md", text.encode())
        write_bytes(self._folder / "TERMS.md", terms(licence).encode())
