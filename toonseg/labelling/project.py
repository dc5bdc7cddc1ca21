"""The project's folders, as the commands for labels see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toonseg.archive import read_pages
from toonseg.classes import load_classes
from toonseg.errors import LabelError, ToonsegError
from toonseg.formats.labelfile import read_labels
from toonseg.formats.labelwriter import write_labels
from toonseg.labels.names import ALIASES, ClassNames, composed
from toonseg.labels.regions import PageUnder, SeriesLabels
from toonseg.pages import open_strip
from toonseg.params import read_yaml
from toonseg.records import PANEL, Panel, Placement
from toonseg.series import load_series, parse_episodes
from toonseg.store import read_table
from toonseg.strip import Strip


@dataclass(frozen=True)
class Project:
    """A project's folder; every path is below ``root``."""

    root: Path = Path()

    @property
    def labels(self) -> Path:
        """The folder of label files."""
        return self.root / "data/labels"

    @property
    def panels(self) -> Path:
        """The folder of panels."""
        return self.root / "data/panels"

    def label_file(self, series: str) -> Path:
        """The label file of a series, whether it is there or not."""
        return self.labels / f"{series}.json"

    def series_names(self) -> list[str]:
        """The series that have a label file."""
        return sorted(path.stem for path in self.labels.glob("[!.]*.json"))

    def classes(self, aliases: Mapping[str, str] | None = None) -> ClassNames:
        """The classes of params.yaml, with the aliases that everybody knows and those given."""
        classes = load_classes(self.root / "params.yaml")
        named = {composed(theirs): ours for theirs, ours in (aliases or {}).items()}
        return ClassNames(classes, {**ALIASES, **named})

    def declared(self) -> dict[str, set[str]]:
        """The episodes of each series that params.yaml declares; none where labels are its only use."""
        path = self.root / "params.yaml"
        series = load_series(path) if "series" in read_yaml(path) else {}
        return {name: set(map(str, parse_episodes(its.episodes))) for name, its in series.items()}

    def read(self, series: str) -> SeriesLabels:
        """The labels of a series. Raises LabelError when it has no label file."""
        path = self.label_file(series)
        if not path.exists():
            there = ", ".join(self.series_names()) or "none"
            raise LabelError(f"{path} does not exist: the series with labels are {there}")
        return read_labels(path, self.classes().classes)

    def read_or_empty(self, series: str) -> SeriesLabels:
        """The labels of a series, none when it has no label file yet."""
        return self.read(series) if self.label_file(series).exists() else SeriesLabels(series)

    def write(self, labels: SeriesLabels) -> Path:
        """Write the label file of a series whole, and give its path."""
        path = self.label_file(labels.series)
        write_labels(path, labels, self.classes().classes)
        return path

    def placements(self, series: str) -> dict[str, list[Placement]]:
        """The pages of a series' strips by episode. Raises ToonsegError when it is not linked."""
        rows: dict[str, list[Placement]] = {}
        for row in read_table(self.root / f"data/strips/{series}.csv", Placement):
            rows.setdefault(row.episode, []).append(row)
        return rows

    def strip(self, series: str, episode: str) -> Strip:
        """An episode's strip. Raises ToonsegError when its pages are not there."""
        placements = self.placements(series).get(episode)
        if not placements:
            raise ToonsegError(
                f"{self.root / f'data/strips/{series}.csv'}: has no episode {episode}: run `dvc repro`"
            )
        return open_strip(self._archive(series, episode), placements)

    def panels_of(self, series: str) -> list[Panel]:
        """The panels of a series, without drawings of text only; none where it is not cut."""
        table = self.panels / series / "panels.csv"
        rows = read_table(table, Panel) if table.exists() else []
        return [panel for panel in rows if panel.kind == PANEL]

    def page_rows(self, series: str, episode: str) -> list[PageUnder]:
        """An episode's pages with their digests and rows on the strip, from top to bottom."""
        placements = self.placements(series).get(episode, [])
        digests = {page.name: page.sha256 for page in read_pages(self._archive(series, episode), series)}
        missing = [row.name for row in placements if row.name not in digests]
        if missing:
            raise ToonsegError(
                f"{self._archive(series, episode)} holds other pages than its strip: run `dvc repro`"
            )
        return [PageUnder(digests[row.name], row.y0, row.y1) for row in placements]

    def _archive(self, series: str, episode: str) -> Path:
        return self.root / "data/pages" / series / f"{episode}.cbz"
