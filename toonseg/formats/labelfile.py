"""The project's label files, ``data/labels/SERIES.json``.

They are COCO files of which each image is a region of a strip: ``episode``, ``x0`` and ``y0`` anchor it
there, and its shapes are local to it. People edit them and tools write them, so all of a file is
checked, and every error names the file and the id.
"""

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from toonseg.errors import LabelError
from toonseg.geometry import Rle, Segmentation, box_area, intersection, rle_runs, runs_rle
from toonseg.labels.regions import Instance, LabelledRegion
from toonseg.records import natural_key
from toonseg.store import read_json

# A pen slips over the edge of a picture (by 1.76 px in the labels of 2021). What lies farther out was
# drawn on another picture.
SLACK_PX = 8
MOST_PX = 2**31  # pycocotools counts the pixels of a mask in 32 bits
_KINDS = {int: "a whole number", str: "text", list: "a list", dict: "a mapping of keys to values"}

T = TypeVar("T")


def read_label_folder(
    folder: Path, classes: Sequence[str], strips: Mapping[str, Mapping[str, int]]
) -> tuple[list[LabelledRegion], list[Path]]:
    """Read the label files of every declared series, and list the files of other series.

    ``strips`` gives, for each declared series, the heights in px of its episodes' strips. A file of
    another series is not read: a series may leave params.yaml without its labels. No folder gives
    nothing. Raises LabelError as ``read_labels`` does.
    """
    regions, others = [], []
    for path in sorted(folder.glob("[!.]*.json")):
        if path.stem in strips:
            regions += read_labels(path, classes, strips[path.stem])
        else:
            others.append(path)
    return regions, others


def read_labels(path: Path, classes: Sequence[str], heights_px: Mapping[str, int]) -> list[LabelledRegion]:
    """Read a label file, whose name is its series; regions come sorted by episode and place.

    ``heights_px`` are those of the strips of the series' episodes. Raises LabelError (ToonsegError for
    what is no JSON), in one sentence with the file and the id, for everything that cannot be meant.
    """
    document = read_json(path)
    if not isinstance(document, dict):
        raise LabelError(f"{path}: must be a COCO file, a mapping with images, annotations and categories")
    _check_series(document, path)
    names = _read_categories(document, path, classes)
    rows: dict[int, list[tuple[int, dict[str, Any]]]] = {}
    images = dict(_rows(document, "images", path))
    for id_, row in _rows(document, "annotations", path):
        where = f"{path}, annotation {id_}"
        image_id = _take(row, "image_id", int, where)
        if image_id not in images:
            raise LabelError(f"{where}: its image {image_id} is not in the file: add the image or remove it")
        rows.setdefault(image_id, []).append((id_, row))
    regions = []
    for image_id, image in images.items():
        region = _read_region(image_id, image, path, heights_px)
        drawn = [_read_instance(id_, row, names, region, path) for id_, row in rows.get(image_id, [])]
        regions.append(replace(region, instances=tuple(sorted(drawn, key=lambda instance: instance.id))))
    regions.sort(key=lambda region: (natural_key(region.episode), region.y0, region.x0, region.id))
    _refuse_doubles(regions, path)
    return regions


def _check_series(document: dict[str, Any], path: Path) -> None:
    info = _take(document, "info", dict, str(path))
    series = _take(info, "series", str, f"{path}, info")
    if series != path.stem:
        raise LabelError(f"{path}: its info names the series '{series}': correct it, or rename the file")


def _read_categories(document: dict[str, Any], path: Path, classes: Sequence[str]) -> dict[int, str]:
    """The class of each category id."""
    names: dict[int, str] = {}
    for id_, row in _rows(document, "categories", path):
        where = f"{path}, category {id_}"
        name = _take(row, "name", str, where)
        if name not in classes:
            close = difflib.get_close_matches(name, classes, n=1)
            meant = f"did you mean '{close[0]}'" if close else "rename it"
            listed = ", ".join(classes)
            raise LabelError(f"{where}: unknown class '{name}': {meant}? params.yaml lists {listed}")
        if name in names.values():
            raise LabelError(f"{where}: the class '{name}' stands there twice: keep one id for it")
        names[id_] = name
    return names


def _read_region(id_: int, row: dict[str, Any], path: Path, heights_px: Mapping[str, int]) -> LabelledRegion:
    """An image of the file as a region, without its instances."""
    where = f"{path}, image {id_}"
    episode = _take(row, "episode", str, where)
    if episode not in heights_px:
        known = sorted(heights_px, key=natural_key)
        listed = ", ".join(known) if len(known) <= 12 else f"{known[0]} to {known[-1]}"
        raise LabelError(
            f"{where}: its episode '{episode}' is not among those of series.{path.stem} in params.yaml "
            f"({listed}): declare it there, or remove the image and its annotations"
        )
    x0, y0, width, height = (_take(row, key, int, where) for key in ("x0", "y0", "width", "height"))
    if width < 1 or height < 1 or width * height > MOST_PX:
        raise LabelError(f"{where}: {width} x {height} px is no size of an image: correct it")
    if x0 < 0 or y0 < 0:
        raise LabelError(f"{where}: its anchor (x0 {x0}, y0 {y0}) is negative, so it lies outside the strip")
    if y0 + height > heights_px[episode] + SLACK_PX:
        raise LabelError(
            f"{where}: reaches down to row {y0 + height}, but the strip of episode {episode} ends at row "
            f"{heights_px[episode]}: correct its y0 or its episode"
        )
    source = _take(row, "file_name", str, where)
    return LabelledRegion(id_, path.stem, episode, x0, y0, width, height, source, ())


def _read_instance(
    id_: int, row: dict[str, Any], names: Mapping[int, str], region: LabelledRegion, path: Path
) -> Instance:
    where = f"{path}, annotation {id_} of image {region.id}"
    category = _take(row, "category_id", int, where)
    if category not in names:
        raise LabelError(f"{where}: its category {category} is not in the file's categories: correct it")
    if row.get("iscrowd", 0) not in (0, 1):
        raise LabelError(f"{where}: iscrowd must be 0 or 1, got {row['iscrowd']!r}")
    shape = row.get("segmentation")
    if isinstance(shape, dict):
        segmentation: Segmentation = _read_rle(shape, region, where)
    elif isinstance(shape, list) and shape:
        segmentation = tuple(_read_polygon(points, region, where) for points in shape)
    else:
        raise LabelError(f"{where}: its segmentation must be polygons or a run-length code, got {shape!r}")
    return Instance(id_, names[category], segmentation, bool(row.get("iscrowd", 0)))


def _read_polygon(points: Any, region: LabelledRegion, where: str) -> tuple[float, ...]:
    """One part, its numbers as they stand."""
    if not isinstance(points, list) or not {type(number) for number in points} <= {int, float}:
        raise LabelError(f"{where}: a polygon must be a list of numbers x, y, x, y: draw it again")
    if len(points) < 6 or len(points) % 2:
        raise LabelError(
            f"{where}: a polygon of {len(points)} numbers: it needs x and y of at least 3 points"
        )
    if not all(abs(number) < math.inf for number in points):
        raise LabelError(f"{where}: a polygon has a coordinate that is not finite: draw it again")
    for axis, name, end in ((0, "x", region.width), (1, "y", region.height)):
        least, most = min(points[axis::2]), max(points[axis::2])
        if least < -SLACK_PX or most > end + SLACK_PX:
            outside = least if least < -SLACK_PX else most
            raise LabelError(
                f"{where}: a polygon reaches {name} {outside}, outside its image of {region.width} x "
                f"{region.height} px: draw it again, or correct its image_id"
            )
    return tuple(points)


def _read_rle(shape: dict[str, Any], region: LabelledRegion, where: str) -> Rle:
    """A run-length code, compressed or as a list of numbers, that fills the region."""
    size, counts = shape.get("size"), shape.get("counts")
    if size != [region.height, region.width]:
        raise LabelError(
            f"{where}: its mask has the size {size}, but its image is [{region.height}, {region.width}] "
            "(height, width): make the mask again, or correct its image_id"
        )
    try:
        if isinstance(counts, str):
            rle: Rle = {"size": [region.height, region.width], "counts": counts}
            rle_runs(rle)
            return rle
        if isinstance(counts, list) and {type(number) for number in counts} <= {int}:
            return runs_rle(counts, region.height, region.width)
    except (ValueError, OverflowError) as error:
        raise LabelError(f"{where}: its mask cannot be read ({error}): make it again") from None
    raise LabelError(f"{where}: the counts of its mask must be text or a list of whole numbers")


def _refuse_doubles(regions: Sequence[LabelledRegion], path: Path) -> None:
    """Two regions of the same rows would give every instance twice; a shared edge does no harm.

    ``regions`` come sorted by episode and y0.
    """
    for index, region in enumerate(regions):
        for other in regions[index + 1 :]:
            if other.episode != region.episode or other.y0 >= region.y0 + region.height:
                break
            shared = box_area(intersection(region.box, other.box))
            if 2 * shared > min(box_area(region.box), box_area(other.box)):
                raise LabelError(
                    f"{path}: the images {region.id} and {other.id} label the same part of episode "
                    f"{region.episode}: keep one of them, with its annotations"
                )


def _rows(document: dict[str, Any], key: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of one of the file's lists with their ids, each id once."""
    noun = {"categories": "category"}.get(key, key.removesuffix("s"))
    seen = set()
    for index, row in enumerate(_take(document, key, list, str(path))):
        where = f"{path}, {key}[{index}]"
        if not isinstance(row, dict):
            raise LabelError(f"{where}: must be {_KINDS[dict]}, got {row!r}")
        id_ = _take(row, "id", int, where)
        if id_ in seen:
            raise LabelError(f"{path}, {noun} {id_}: another {noun} has the same id: renumber one of them")
        seen.add(id_)
        yield id_, row


def _take(row: dict[str, Any], key: str, kind: type[T], where: str) -> T:
    """The value of a key that must be there and of its kind."""
    if key not in row:
        raise LabelError(f"{where}: {key} is missing")
    value = row[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise LabelError(f"{where}: {key} must be {_KINDS[kind]}, got {value!r}")
    return value
