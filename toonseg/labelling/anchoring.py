"""`toonseg labels anchor` and `labels locate`: where on their strips regions lie."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from toonseg.console import progress
from toonseg.errors import LabelError, ToonsegError
from toonseg.formats.displayed import displayed
from toonseg.images import Picture
from toonseg.labelling.project import Project
from toonseg.labels.anchors import LOST, NOTED, anchor
from toonseg.labels.locate import Coarse, Found, coarse_strip, decide, find_crop
from toonseg.labels.merge import numbered, overlap_share
from toonseg.labels.names import file_stem
from toonseg.labels.regions import LabelledRegion, PageUnder, Replaced, SeriesLabels
from toonseg.labels.torn import torn_apart
from toonseg.records import natural_key
from toonseg.strip import Strip

_BY = "toonseg labels anchor"  # what the history names for a region that it tore apart
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")


def anchor_labels(project: Project, series: str) -> str:
    """Hold each placed region to the pages under it, and follow pages that moved; gives a summary line.

    A region whose pages lie apart now is torn: its parts go with their pages, and the region as it was
    drawn goes to the history.
    """
    labels = project.read(series)
    pages: dict[str, list[PageUnder]] = {}
    regions, history, fates, lost, torn = [], list(labels.history), Counter[str](), [], []
    known = {page.sha256 for region in labels.regions for page in region.pages}
    for region in labels.regions:
        if not region.episode or not (region.exact or region.pages):
            regions.append(region)
            continue
        if region.episode not in pages:
            pages[region.episode] = project.page_rows(series, region.episode)
        result = anchor(region, pages[region.episode], known)
        parts = torn_apart(region, pages[region.episode], known) if result.fate == LOST else ()
        if parts:
            regions += parts
            history.append(Replaced(region, _BY))
            torn.append(_torn(region, parts))
            continue
        regions.append(result.region)
        fates[result.fate] += 1
        lost += [str(region.id)] * (result.fate == LOST)
    project.write(SeriesLabels(series, numbered(regions, history), tuple(history)))
    told = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))
    told = "; ".join(filter(None, [told, *torn])) or "no region has a place"
    if lost:
        told += f"; nothing tells where {', '.join(lost)} lie now: see `toonseg labels locate`"
    return f"{project.label_file(series)}: {told}"


def _torn(region: LabelledRegion, parts: Sequence[LabelledRegion]) -> str:
    """What became of a region whose pages lie apart now."""
    adrift = sum(not part.placed for part in parts)
    without = f" ({adrift} of them on pages that are gone, kept without a place)" if adrift else ""
    rows = f"rows {region.y0} to {region.box[3]} of episode {region.episode}"
    return f"region {region.id} ({rows}) torn in {len(parts)} parts{without}, and as it was in the history"


def locate_labels(project: Project, series: str, pictures: Path) -> tuple[str, list[str]]:
    """Find the regions that have no exact place by their pictures, and place those that can be meant.

    ``pictures`` holds them by their file names. Gives a summary line, and a line for each region that a
    person must place: ambiguous, not found, or without a picture.
    """
    labels = project.read(series)
    adrift = [region for region in labels.regions if not region.placed]
    if not adrift:
        raise LabelError(f"{project.label_file(series)}: every region has its exact place already")
    files = _Pictures(pictures)
    searcher = _Searcher(project, series)
    placed: dict[int, LabelledRegion] = {}
    notes = []
    for region in progress(adrift, "locate", "region"):
        path = files.of(region)
        if isinstance(path, str):
            notes.append(f"region {region.id} ({region.source}): {path}")
            continue
        picture = displayed(path.read_bytes(), str(path))
        if picture.shape[:2] != (region.height, region.width):
            notes.append(
                f"region {region.id}: {path} is {picture.shape[1]} x {picture.shape[0]} px, its labels are "
                f"drawn on {region.width} x {region.height}"
            )
            continue
        found = searcher.find(region, picture)
        if isinstance(found, LabelledRegion):
            placed[region.id] = found
        else:
            notes.append(f"region {region.id} ({region.source}): {found}")
    notes += _drop_doubles(labels, placed)
    regions = [placed.get(region.id, region) for region in labels.regions]
    project.write(replace(labels, regions=numbered(regions)))
    return f"{project.label_file(series)}: {len(placed)} of {len(adrift)} regions placed", notes


class _Pictures:
    """The pictures in a folder, by their paths and by their names."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ToonsegError(f"{folder} is no folder: name the one that holds the pictures")
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)
        self._folder = folder
        self._by_path = {path.relative_to(folder).as_posix(): path for path in paths}
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for path in paths:
            self._by_name[path.stem].append(path)

    def of(self, region: LabelledRegion) -> Path | str:
        """The picture on which a region was drawn, or why it is not known."""
        if region.source in self._by_path:
            return self._by_path[region.source]
        found = self._by_name.get(file_stem(region.source), [])
        if len(found) == 1:
            return found[0]
        if found:
            return f"{' and '.join(map(str, found))} have its name: keep the one on which it was drawn"
        return f"no picture of that name in {self._folder}"


class _Searcher:
    """Looks for crops on the strips of a series, each opened once."""

    def __init__(self, project: Project, series: str) -> None:
        self._project = project
        self._series = series
        self._episodes = sorted(project.placements(series), key=natural_key)
        self._opened: dict[str, tuple[Strip, Coarse]] = {}

    def find(self, region: LabelledRegion, picture: Picture) -> LabelledRegion | str:
        """The region at its place, or why it has none."""
        asked = [region.episode] if region.episode in self._episodes else self._episodes
        places: list[tuple[Found, str]] = []
        for episode in asked:
            strip, coarse = self._open(episode)
            places += [(place, episode) for place in find_crop(picture, coarse, strip.rows)]
        places.sort(key=lambda pair: -pair[0].score)
        told = ", ".join(f"episode {its} row {place.y0} ({place.score:.2f})" for place, its in places[:3])
        guess = region.y0 if region.episode in self._episodes else None
        best = decide([place for place, _ in places], guess)
        if best is None and places and places[0][0].stretched:
            return (
                f"its width and height were scaled differently from {told}: scale both alike, and its labels "
                "with them, and import it again"
            )
        if best is None:
            return f"a person must choose among {told}" if places else "found nowhere, or nearly blank"
        episode = next(its for place, its in places if place is best)
        moved = replace(
            region, episode=episode, x0=best.x0, y0=best.y0, scale=round(best.scale, 6), exact=True
        )
        result = anchor(moved, self._project.page_rows(self._series, episode))
        return result.region if result.fate == NOTED else f"{told} lies outside the strip"

    def _open(self, episode: str) -> tuple[Strip, Coarse]:
        if episode not in self._opened:
            strip = self._project.strip(self._series, episode)
            self._opened[episode] = strip, coarse_strip(strip.rows, strip.width, strip.height)
        return self._opened[episode]


def _drop_doubles(labels: SeriesLabels, placed: dict[int, LabelledRegion]) -> list[str]:
    """Take back places where another region lies already, and tell of each."""
    notes = []
    others: Sequence[LabelledRegion] = [region for region in labels.regions if region.placed]
    for id_, region in sorted(placed.items()):
        double = next((other for other in others if overlap_share(region, other) > 0.5), None)
        if double is not None:
            notes.append(
                f"region {id_} ({region.source}): lies at row {region.y0} of episode {region.episode}, "
                f"which region {double.id} ({double.source}) labels already"
            )
            del placed[id_]
        else:
            others = [*others, region]
    return notes
