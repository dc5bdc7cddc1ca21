"""Layouts with a table: by default an index, which leads from the files' names back to the panels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from toonseg.export.instances import ExportJob, ExportPanel
from toonseg.export.names import Stems
from toonseg.store import write_table


@dataclass(frozen=True)
class IndexRow:
    """A panel's name in a layout, its id, and the side of the split on which it stands."""

    name: str
    panel: str
    series: str
    episode: str
    side: str
    width: int
    height: int
    masks: int


def index_row(name: str, panel: ExportPanel) -> IndexRow:
    """The row of a panel that the layout calls ``name``."""
    which, masks = panel.panel, len(panel.instances)
    return IndexRow(name, which.id, which.series, which.episode, panel.side, panel.width, panel.height, masks)


class TableLayout:
    """A layout that calls panels by their stems, and has a ``table`` of every ``row`` that is noted."""

    holds_pixels = True
    table: ClassVar[str] = "index.csv"
    row: ClassVar[type[Any]] = IndexRow

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder = folder
        self._rows: list[Any] = []
        self._stems = Stems()

    def name(self, panel: ExportPanel) -> str | None:
        """The panel's stem."""
        return self._stems.of(panel.panel)

    def note(self, _: ExportPanel, rows: Sequence[Any]) -> None:
        """Keep a panel's rows for the table."""
        self._rows.extend(rows)

    def close(self) -> None:
        """Write the table."""
        write_table(self._folder / self.table, self._rows, self.row)
