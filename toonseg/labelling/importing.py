"""`toonseg labels import`: label files of any format joined to those of a series."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from toonseg.errors import LabelError
from toonseg.formats.labelfile import check_place
from toonseg.formats.lists import episodes_from_list
from toonseg.formats.registry import FORMATS, format_of
from toonseg.labelling.project import Project
from toonseg.labels.merge import Merged, merge
from toonseg.labels.names import anchored, composed
from toonseg.labels.regions import LabelledRegion, SeriesLabels
from toonseg.records import Panel, natural_key
from toonseg.series import SERIES_NAME

_LISTED = 12


def import_labels(
    project: Project,
    files: Sequence[Path],
    series: str,
    *,
    format_name: str | None = None,
    lists: Sequence[Path] = (),
    episode: str = "",
    aliases: Mapping[str, str] | None = None,
    exact_rows: bool = False,
    replace_others: bool = False,
    keep_crowds: bool = False,
) -> str:
    """Read label files, join them to the series' labels and write these; gives a summary line.

    ``lists`` tell the episodes, one list a file; ``episode`` is that of pictures whose names tell none.
    ``exact_rows``: the rows in file names are exact. ``keep_crowds``: COCO's ``iscrowd`` ignores nothing.
    Nothing is written unless all files can be read.
    """
    series = composed(series)
    if lists and len(lists) != len(files):
        raise LabelError(f"{len(files)} files with {len(lists)} lists: give each file its own list, in order")
    if not SERIES_NAME.fullmatch(series):
        raise LabelError(
            f"'{series}' cannot name a series: begin with a letter, go on with letters, digits, - and _"
        )
    for file in (*files, *lists):
        if not file.exists():
            raise LabelError(f"{file} does not exist: correct its name")
    names = project.classes(aliases)
    for alias, name in (aliases or {}).items():
        if name not in names.classes:
            raise LabelError(f"the alias {alias}={name} names no class of params.yaml: correct it")
    panels = {(panel.episode, panel.x0, panel.y0): panel for panel in project.panels_of(series)}
    regions: list[LabelledRegion] = []
    for number, file in enumerate(files):
        found = FORMATS[format_name or format_of(file)].read(file, names)
        if lists:
            found = episodes_from_list(lists[number], found)
        for drawn in found:
            region = anchored(drawn, series, drawn.episode or episode, exact_rows)
            if region.placed and not drawn.placed:
                region = _scaled(region, panels.get((region.episode, region.x0, region.y0)))
            check_place(region, f"{file}, image {region.origin.id if region.origin else region.source}")
            regions.append(region)
    if keep_crowds:
        regions = [_without_crowds(region) for region in regions]
    merged = merge(project.read_or_empty(series), regions, replace_others)
    path = project.write(merged.labels)
    return f"{path}: {_told(merged, regions)}{_undeclared(project, merged.labels)}"


def _scaled(region: LabelledRegion, panel: Panel | None) -> LabelledRegion:
    """A region whose name says that it begins where ``panel`` does, with the scale at which it is as large.

    A picture of other proportions shows something else, and keeps the scale that it has.
    """
    if panel is None:
        return region
    width, height = panel.x1 - panel.x0, panel.y1 - panel.y0
    scale = width / region.width if width > height else height / region.height
    sized = replace(region, scale=scale)
    misses_px = max(abs(sized.box[2] - panel.x1), abs(sized.box[3] - panel.y1))
    return sized if misses_px <= max(1, scale) else region


def _without_crowds(region: LabelledRegion) -> LabelledRegion:
    return replace(region, instances=tuple(replace(label, ignored=False) for label in region.instances))


def _undeclared(project: Project, labels: SeriesLabels) -> str:
    """What of the labels waits for params.yaml to declare it: `split` takes no other series or episode."""
    declared = project.declared()
    if not declared:
        return ""
    if labels.series not in declared:
        return (
            f"; params.yaml declares no series '{labels.series}' (it has {', '.join(declared)}): add it there"
        )
    strange = {region.episode for region in labels.regions if region.episode} - declared[labels.series]
    if not strange:
        return ""
    listed = ", ".join(sorted(strange, key=natural_key)[:_LISTED]) + ", ..." * (len(strange) > _LISTED)
    return (
        f"; series.{labels.series} in params.yaml lacks episode {listed}: declare it, or correct the labels"
    )


def _told(merged: Merged, regions: Sequence[LabelledRegion]) -> str:
    instances = sum(len(region.instances) for region in regions)
    ignored = sum(label.ignored for region in regions for label in region.instances)
    all_regions = merged.labels.regions
    adrift = sum(not region.placed for region in all_regions)
    unknown = sum(not region.episode for region in all_regions)
    told = (
        f"{len(regions)} regions with {instances} instances read; {merged.added} added, "
        f"{merged.changed} changed, {merged.unchanged} as they were"
    )
    if merged.replaced:
        gone = sum(len(region.instances) for region in merged.replaced)
        told += f"; {len(merged.replaced)} earlier regions with {gone} instances went to the history"
    if ignored:
        told += f"; {ignored} are ignored, as iscrowd is 1"
        if ignored == instances:
            told += " (CVAT writes so of all that was painted: import with --keep-crowds to learn from them)"
    if adrift:
        told += (
            f"; {adrift} of {len(all_regions)} have no exact place yet, {unknown} of them no episode: "
            "`toonseg labels locate` finds it"
        )
    return told
