"""Exports: panels and masks in the layouts that other programs read, one file of this folder a layout."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from toonseg.errors import ParamsError
from toonseg.export.coco import Coco
from toonseg.export.cutouts import Cutouts
from toonseg.export.instances import ExportPanel
from toonseg.export.labelmaps import LabelMaps
from toonseg.store import whole_folder

README = "README.txt"


class Layout(Protocol):
    """A way to write panels; it is made with its folder and the chosen classes by their ids."""

    def add(self, panel: ExportPanel) -> None:
        """Write what can be written of a panel now."""

    def close(self) -> None:
        """Write what needed all panels."""


LAYOUTS: dict[str, Callable[[Path, dict[int, str]], Layout]] = {
    "coco": Coco,
    "cutouts": Cutouts,
    "labelmaps": LabelMaps,
}


@dataclass(frozen=True)
class SeriesCount:
    """What was exported of a series."""

    panels: int
    masks: int


def export_panels(
    folder: Path, panels: Iterable[ExportPanel], classes: dict[int, str], layouts: Sequence[str]
) -> dict[str, SeriesCount]:
    """Write panels to ``folder/LAYOUT/`` for each layout, all of it or nothing; count them per series.

    One panel is in memory at a time. ``classes`` are the chosen ones by their ids.
    """
    counts: Counter[str] = Counter()
    masks: Counter[str] = Counter()
    with whole_folder(folder) as aside:
        (aside / README).write_text(_readme(classes, layouts), encoding="utf-8")
        writers = []
        for name in layouts:
            (aside / name).mkdir()
            writers.append(LAYOUTS[name](aside / name, classes))
        for panel in panels:
            for writer in writers:
                writer.add(panel)
            counts[panel.panel.series] += 1
            masks[panel.panel.series] += len(panel.instances)
        for writer in writers:
            writer.close()
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


def _readme(classes: Mapping[int, str], layouts: Sequence[str]) -> str:
    """What lies here and what may be done with it."""
    return f"""Masks of {", ".join(classes.values())}, exported by toonseg as {", ".join(layouts)}.

These files hold pixels of the series that they were cut from. The rights in them are their authors'
and publishers'. They are for your own research: do not publish them and do not pass them on.
Git ignores this folder for that reason; leave it so.

Masks were drawn by a person (source: label) or by a model (source: prediction, with its score).
"""
