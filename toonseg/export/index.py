"""The index of a layout whose file names do not lead back to the panels."""

from dataclasses import dataclass

from toonseg.export.instances import ExportPanel


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
    """The row of a panel that a layout calls ``name``."""
    which = panel.panel
    height, width = panel.picture.shape[:2]
    return IndexRow(
        name, which.id, which.series, which.episode, panel.side, width, height, len(panel.instances)
    )
