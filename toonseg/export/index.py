"""The index of a layout whose file names do not lead back to the panels, and layouts of such pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

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


class Index:
    """Notes what a layout calls each panel, and writes it to ``index.csv`` in the layout's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "index.csv"
        self._rows: list[IndexRow] = []

    def add(self, name: str, panel: ExportPanel) -> None:
        """Note that the layout calls a panel ``name``."""
        which = panel.panel
        height, width = panel.picture.shape[:2]
        self._rows.append(
            IndexRow(
                name, which.id, which.series, which.episode, panel.side, width, height, len(panel.instances)
            )
        )

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def sides(self) -> list[str]:
        """The sides of the split on which panels stand, in the order in which they came."""
        return list(dict.fromkeys(row.side for row in self._rows))

    def write(self) -> None:
        """Write the table."""
        write_table(self._path, self._rows, IndexRow)


class PictureFolders:
    """A layout of some ``folders``, each with a PNG of every panel, of the same name in all of them."""

    holds_pixels = True
    folders: ClassVar[tuple[str, ...]]

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder = folder
        self._index = Index(folder)
        self._stems = Stems()
        for name in self.folders:
            (folder / name).mkdir(parents=True, exist_ok=True)

    def write(self, panel: ExportPanel, files: Mapping[str, bytes]) -> None:
        """Write a panel's PNG files, given by their folders."""
        name = f"{self._stems.of(panel.panel)}.png"
        for folder, data in files.items():
            (self._folder / folder / name).write_bytes(data)
        self._index.add(name, panel)

    def close(self) -> None:
        """Write the index."""
        self._index.write()
