"""Shapes that a tool keeps apart, joined to instances: those of one class and one group."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from toonseg.geometry import Segmentation, encode_rle, rasterise
from toonseg.labels.regions import Instance, Origin


@dataclass(frozen=True)
class Part:
    """One shape of a file: its class, its group (None: alone), and its id there."""

    name: str
    segmentation: Segmentation
    group: Hashable | None
    ignored: bool
    origin: Origin


def join_parts(parts: Sequence[Part], width: int, height: int) -> tuple[Instance, ...]:
    """The instances that parts make, in the order of their first parts.

    Polygons of a group become the polygons of one instance; where one part is a mask, the instance is
    the union of all as a mask (height, width).
    """
    groups: dict[Hashable, list[Part]] = {}
    for number, part in enumerate(parts):
        alone = part.group is None
        groups.setdefault(("alone", number) if alone else (part.name, part.group), []).append(part)
    return tuple(
        Instance(0, of[0].name, _union(of, width, height), any(part.ignored for part in of), of[0].origin)
        for of in groups.values()
    )


def _union(parts: Sequence[Part], width: int, height: int) -> Segmentation:
    if len(parts) == 1:
        return parts[0].segmentation
    if not any(isinstance(part.segmentation, dict) for part in parts):
        return tuple(polygon for part in parts for polygon in part.segmentation)  # type: ignore[misc]
    whole = rasterise(parts[0].segmentation, height, width).copy()
    for part in parts[1:]:
        whole |= rasterise(part.segmentation, height, width)
    return encode_rle(whole)
