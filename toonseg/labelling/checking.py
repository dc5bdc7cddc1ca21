"""`toonseg labels check`: counts per class and per file, and what a person should look at."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from toonseg.errors import ToonsegError
from toonseg.formats.labelfile import place_fault
from toonseg.labelling.project import Project
from toonseg.labels.anchors import KEPT, NOTED, anchor
from toonseg.labels.check import Finding, check_region
from toonseg.labels.regions import LabelledRegion, PageUnder, SeriesLabels


def check_labels(project: Project, series: str) -> list[str]:
    """The lines of a report on a series' labels. Raises LabelError where they cannot be read at all."""
    labels = project.read(series)
    lines = [f"{project.label_file(series)}"]
    lines += [f"  {line}" for line in (*_counts(labels), *_by_class(labels, project), *_by_file(labels))]
    findings = [finding for region in labels.regions for finding in check_region(region)]
    findings += [*_off_strip(project, labels), *_astray(project, labels)]
    for kind, count in sorted(Counter(finding.kind for finding in findings).items()):
        lines.append(f"  {kind}: {count}")
        lines += [f"    {_told(finding, labels.regions)}" for finding in findings if finding.kind == kind]
    return lines


def _counts(labels: SeriesLabels) -> list[str]:
    instances = [label for region in labels.regions for label in region.instances]
    drawn = [of.segmentation for of in instances if not isinstance(of.segmentation, dict)]
    polygons = [polygon for shape in drawn for polygon in shape]
    masks = sum(isinstance(label.segmentation, dict) for label in instances)
    placed = sum(region.placed for region in labels.regions)
    unknown = sum(not region.episode for region in labels.regions)
    several, ignored = sum(len(shape) > 1 for shape in drawn), sum(of.ignored for of in instances)
    return [
        f"regions: {len(labels.regions)} ({placed} placed, {unknown} of unknown episode)",
        f"instances: {len(instances)} ({several} of several parts, {ignored} ignored)",
        f"shapes: {len(polygons)} polygons of {sum(len(p) // 2 for p in polygons)} points, {masks} masks",
        f"replaced instances in the history: {sum(len(old.region.instances) for old in labels.history)}",
    ]


def _by_class(labels: SeriesLabels, project: Project) -> list[str]:
    counts = Counter(label.name for region in labels.regions for label in region.instances)
    return ["per class: " + ", ".join(f"{name} {counts[name]}" for name in project.classes().classes)]


def _by_file(labels: SeriesLabels) -> list[str]:
    counts: Counter[str] = Counter()
    for region in labels.regions:
        for label in region.instances:
            origin = label.origin or region.origin
            counts[origin.file if origin else "(drawn here)"] += 1
    return ["per file: " + (", ".join(f"{file} {count}" for file, count in sorted(counts.items())) or "none")]


def _off_strip(project: Project, labels: SeriesLabels) -> list[Finding]:
    """Regions that `split` would refuse, where the strips of the series are on this machine."""
    try:
        strips = project.placements(labels.series)
    except ToonsegError:
        return []
    heights_px = {episode: max(page.y1 for page in pages) for episode, pages in strips.items()}
    waiting = project.declared().get(labels.series, set()) - heights_px.keys()  # not crawled yet
    faults = [
        (region.id, place_fault(region, heights_px))
        for region in labels.regions
        if region.episode not in waiting
    ]
    return [Finding("on no strip", number, 0, fault) for number, fault in faults if fault]


def _astray(project: Project, labels: SeriesLabels) -> list[Finding]:
    """Regions whose pages are not those that they were drawn on, where the pages are on this machine."""
    found = []
    pages: dict[str, Sequence[PageUnder]] = {}
    known = {page.sha256 for region in labels.regions for page in region.pages}
    for region in labels.regions:
        if not region.placed or not region.pages:
            continue
        if region.episode not in pages:
            try:
                pages[region.episode] = project.page_rows(labels.series, region.episode)
            except ToonsegError:
                pages[region.episode] = ()
        if not pages[region.episode]:
            continue
        fate = anchor(region, pages[region.episode], known).fate
        if fate not in (KEPT, NOTED):
            told = f"{fate}: `toonseg labels anchor --series {labels.series}` follows"
            found.append(Finding("other pages", region.id, 0, told))
    return found


def _told(finding: Finding, regions: Sequence[LabelledRegion]) -> str:
    region = next(region for region in regions if region.id == finding.region)
    instance = f"instance {finding.instance}, " if finding.instance else ""
    return f"region {finding.region} ({Path(region.source).name}): {instance}{finding.told}"
