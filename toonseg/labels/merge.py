"""Imported labels joined to those that a series has: nothing is lost, and nothing is there twice."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toonseg.errors import LabelError
from toonseg.geometry import box_area, intersection
from toonseg.labels.names import file_stem, file_stems, region_keys
from toonseg.labels.regions import Instance, LabelledRegion, Origin, Replaced, SeriesLabels
from toonseg.records import natural_key


@dataclass(frozen=True)
class Merged:
    """The joined labels; how many regions were added, changed and found as they are; which others went."""

    labels: SeriesLabels
    added: int
    changed: int
    unchanged: int
    replaced: tuple[LabelledRegion, ...]


def merge(old: SeriesLabels, new: Sequence[LabelledRegion], replace_others: bool = False) -> Merged:
    """Put the imported regions ``new`` (with series, origin and what is known of their place) in ``old``.

    A region that ``old`` has already (the same key, place or origin) keeps its anchor, and its instances
    become the new ones: those that are drawn the same stay as they are, and those that are no longer
    there go to the history. With ``replace_others``, a region of another origin that labels the same part
    of the strip goes to the history as a whole.

    Raises LabelError when a region comes twice, has another size than the one it stands for, or labels a
    part of the strip that another one labels.
    """
    regions = list(old.regions)
    history = list(old.history)
    known = _Known(regions)
    near: dict[str, list[int]] = defaultdict(list)
    for index, region in enumerate(regions):
        near[region.episode].append(index)
    met: dict[int, LabelledRegion] = {}
    replaced: list[LabelledRegion] = []
    added = changed = 0
    for region in new:
        at = known.find(region)
        if at is not None and at in met:
            raise LabelError(
                f"{_name(region)} and {_name(met[at])} stand for the same region of {old.series}: import one"
            )
        if at is None:
            for other in _doubles(region, regions, near[region.episode]):
                if not replace_others or other in met:
                    raise LabelError(_disagreement(region, regions[other]))
                replaced.append(regions[other])
                history.append(Replaced(regions[other], _by(region)))
                regions[other] = replace(regions[other], width=0)  # gone: dropped below
            near[region.episode].append(len(regions))
            met[len(regions)] = region
            regions.append(replace(region, id=0))
            added += 1
            continue
        met[at] = region
        updated, gone = _updated(regions[at], region)
        changed += updated != regions[at]
        regions[at] = updated
        if gone:
            history.append(Replaced(replace(updated, instances=gone), _by(region)))
    kept = [region for region in regions if region.width]
    labels = SeriesLabels(old.series, numbered(kept, history), tuple(history))
    return Merged(labels, added, changed, len(new) - added - changed, tuple(replaced))


def numbered(
    regions: Sequence[LabelledRegion], history: Sequence[Replaced] = ()
) -> tuple[LabelledRegion, ...]:
    """Regions sorted by episode and place; ids that are there stay, and ids of 0 become the next ones.

    An id of the history is not given again.
    """
    ordered = sorted(regions, key=_place_key)
    every = [*ordered, *(old.region for old in history)]
    next_region = 1 + max((region.id for region in every), default=0)
    next_instance = 1 + max((label.id for region in every for label in region.instances), default=0)
    result = []
    for region in ordered:
        instances = []
        for label in region.instances:
            instances.append(label if label.id else replace(label, id=next_instance))
            next_instance += not label.id
        result.append(replace(region, id=region.id or next_region, instances=tuple(instances)))
        next_region += not region.id
    return tuple(result)


def overlap_share(one: LabelledRegion, other: LabelledRegion) -> float:
    """How much of the smaller of two regions the other one covers; 0 unless both are placed together."""
    if not (one.placed and other.placed and one.episode == other.episode):
        return 0.0
    shared = box_area(intersection(one.box, other.box))
    return shared / min(box_area(one.box), box_area(other.box))


class _Known:
    """Finds the region that an imported one stands for."""

    def __init__(self, regions: Sequence[LabelledRegion]) -> None:
        self._regions = regions
        self._keys = {key: index for index, key in enumerate(region_keys(regions))}
        self._places = {(r.episode, r.box): index for index, r in enumerate(regions) if r.placed}
        self._drawn: dict[tuple[Origin, str], list[int]] = defaultdict(list)
        for index, known in enumerate(regions):
            if known.origin:
                self._drawn[known.origin, known.source].append(index)

    def find(self, region: LabelledRegion) -> int | None:
        """The index of the region with its key, its place, or else its origin and source.

        Tools give the files of every episode the same names, so these tell nothing across episodes.
        """
        index = next((self._keys[stem] for stem in file_stems(region.source) if stem in self._keys), None)
        if index is None and region.placed:
            index = self._places.get((region.episode, region.box))
        if index is None and region.origin:
            drawn = self._drawn[region.origin, region.source]
            alike = [at for at in drawn if _may_be_one(self._regions[at].episode, region.episode)]
            index = alike[0] if len(alike) == 1 else None
        return index


def _may_be_one(episode: str, other: str) -> bool:
    """Whether two episodes, of which either may be unknown, can be the same."""
    return episode == other or not (episode and other)


def _updated(old: LabelledRegion, new: LabelledRegion) -> tuple[LabelledRegion, tuple[Instance, ...]]:
    """The old region with the new instances, and the old instances that are gone."""
    if (old.width, old.height) != (new.width, new.height):
        raise LabelError(
            f"{_name(new)}: is {new.width} x {new.height} px, but the region {old.id} of {old.series} that "
            f"it stands for is {old.width} x {old.height}: export it again and correct that"
        )
    left = list(old.instances)
    instances = []
    for label in new.instances:
        same = next((other for other in left if _same(other, label)), None)
        if same is not None:
            left.remove(same)
        instances.append(same or replace(label, id=0))
    if not left and len(instances) == len(old.instances):
        instances = list(old.instances)
    found = old if old.placed or not new.placed else _moved(old, new)
    return replace(found, instances=tuple(instances)), tuple(left)


def _moved(old: LabelledRegion, new: LabelledRegion) -> LabelledRegion:
    """The old region at the new one's place, which is known to the pixel."""
    return replace(old, episode=new.episode, x0=new.x0, y0=new.y0, scale=new.scale, exact=True, pages=())


def _same(one: Instance, other: Instance) -> bool:
    return (one.name, one.ignored, one.segmentation) == (other.name, other.ignored, other.segmentation)


def _doubles(region: LabelledRegion, regions: Sequence[LabelledRegion], among: Sequence[int]) -> list[int]:
    """The indices, of those ``among``, whose regions label the same part of the strip."""
    return [
        index
        for index in among
        if regions[index].width
        and (overlap_share(region, regions[index]) > 0.5 or _same_picture(region, regions[index]))
    ]


def _same_picture(one: LabelledRegion, other: LabelledRegion) -> bool:
    """Whether two regions of an episode, not both placed, were drawn on files of one name and size.

    One file of labels may hold pictures of one name in several folders.
    """
    if one.placed and other.placed:
        return False
    together = one.origin and other.origin and one.origin.file == other.origin.file
    if together and one.source != other.source:
        return False
    names = [(file_stem(of.source), of.width, of.height) for of in (one, other)]
    return names[0] == names[1]


def _disagreement(new: LabelledRegion, old: LabelledRegion) -> str:
    return (
        f"{_name(new)} and the region {old.id} of {old.series} ({_name(old)}) label the same part of "
        f"{_where(new)}: leave one out, or import with --replace to put the "
        "new one in the old one's place"
    )


def _where(region: LabelledRegion) -> str:
    rows = f"rows {region.y0} to {region.box[3]}"
    return f"episode {region.episode} ({rows})" if region.episode else f"an unknown episode ({rows})"


def _name(region: LabelledRegion) -> str:
    if region.origin is None:
        return f"image {region.source}"
    return f"{region.origin.file}, image {region.origin.id} ({region.source})"


def _by(region: LabelledRegion) -> str:
    return region.origin.file if region.origin else region.source


def _place_key(region: LabelledRegion) -> tuple[object, ...]:
    return (
        not region.episode,
        natural_key(region.episode),
        region.y0,
        region.x0,
        natural_key(region.source),
        region.id,
    )
