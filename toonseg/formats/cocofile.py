"""COCO files of any tool: instances as polygons or run-length codes.

Ids may begin anywhere and be text of digits (VIA 3), keys may be null or unknown to us, an image may have
no annotation, and a category that no annotation uses may be of any name. A list of numbers is a shape of
one polygon (VIA 2).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from toonseg.errors import LabelError
from toonseg.formats.checks import check_size, read_shape, rows_of, shortened, take
from toonseg.formats.coco import categories
from toonseg.geometry import Segmentation, rle_area, rle_box, segmentation_rle
from toonseg.labels.names import ClassNames
from toonseg.labels.regions import Instance, LabelledRegion, Origin
from toonseg.store import read_json, write_json

FILE = "instances.json"
_IDS = ("id", "image_id", "category_id")
_DIGITS = re.compile(r"[0-9]{1,18}")


def read(path: Path, names: ClassNames) -> list[LabelledRegion]:
    """The images of a COCO file, in its order, with their instances.

    An image that says itself where it lies (``episode``, ``x0``, ``y0``, as toonseg writes them) is
    placed. Raises LabelError with the file and the id for what cannot be meant.
    """
    document = read_json(path)
    if not isinstance(document, dict):
        raise LabelError(f"{path}: must be a COCO file, a mapping with images, annotations and categories")
    if _of_via(document):
        raise LabelError(f"{path}: is in VIA's own format, which is not read: export it from VIA as COCO")
    called = {
        id_: take(row, "name", str, f"{path}, category {id_}")
        for id_, row in _rows(document, "categories", path)
    }
    regions = {id_: _read_image(id_, row, path) for id_, row in _rows(document, "images", path)}
    drawn: dict[int, list[Instance]] = {id_: [] for id_ in regions}
    for id_, row in _rows(document, "annotations", path):
        where = f"{path}, annotation {id_}"
        image = take(row, "image_id", int, where)
        if image not in regions:
            raise LabelError(f"{where}: its image {image} is not in the file: add the image or remove it")
        category = take(row, "category_id", int, where)
        if category not in called:
            raise LabelError(f"{where}: its category {category} is not in the file's categories: correct it")
        name = names.find(called[category], f"{path}, category {category}")
        region = regions[image]
        where = f"{where} of image {image}"
        if row.get("iscrowd") not in (None, 0, 1):
            raise LabelError(f"{where}: iscrowd must be 0 or 1, got {shortened(row['iscrowd'])}")
        shape = _read_shape(row, region, where)
        origin = Origin(path.name, str(id_))
        drawn[image].append(Instance(0, name, shape, bool(row.get("iscrowd")), origin))
    return [replace(region, instances=tuple(drawn[id_])) for id_, region in regions.items()]


def write(folder: Path, keyed: Sequence[tuple[str, LabelledRegion]], classes: Sequence[str]) -> None:
    """Write one COCO file with shapes as they were drawn; a key names the image ``KEY.png``."""
    write_json(folder / FILE, document_of(keyed, classes, as_masks=False))


def write_masks(folder: Path, keyed: Sequence[tuple[str, LabelledRegion]], classes: Sequence[str]) -> None:
    """``write``, with every shape as a run-length code."""
    write_json(folder / FILE, document_of(keyed, classes, as_masks=True))


def document_of(
    keyed: Sequence[tuple[str, LabelledRegion]], classes: Sequence[str], as_masks: bool
) -> dict[str, Any]:
    """The COCO document of regions; ids count from 1."""
    ids = {name: id_ for id_, name in enumerate(classes, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (key, region) in enumerate(keyed, 1):
        place = (
            {"episode": region.episode, "x0": region.x0, "y0": region.y0, "scale": region.scale}
            if region.placed
            else {}
        )
        images.append(
            {
                "id": image_id,
                "file_name": f"{key}.png",
                "width": region.width,
                "height": region.height,
                **place,
            }
        )
        for label in region.instances:
            rle = segmentation_rle(label.segmentation, region.height, region.width)
            x0, y0, x1, y1 = rle_box(rle)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": ids[label.name],
                    "segmentation": rle if as_masks else label.segmentation,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": rle_area(rle),
                    "iscrowd": int(label.ignored),
                }
            )
    return {"images": images, "annotations": annotations, "categories": categories(classes)}


def _of_via(document: dict[str, Any]) -> bool:
    """Whether it is what VIA 2 saves: a project, or its table of regions."""
    return "_via_img_metadata" in document or any(
        isinstance(row, dict) and {"filename", "regions"} <= row.keys() for row in document.values()
    )


def _rows(document: dict[str, Any], key: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """``rows_of``, where ids that are text of digits are the numbers that they tell."""
    return rows_of({key: [_numbered(row) for row in take(document, key, list, str(path))]}, key, path)


def _numbered(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    texts = {key: row[key] for key in _IDS if isinstance(row.get(key), str)}
    return row | {key: int(text) for key, text in texts.items() if _DIGITS.fullmatch(text)}


def _read_shape(row: dict[str, Any], region: LabelledRegion, where: str) -> Segmentation:
    shape = row.get("segmentation")
    if not shape and row.get("bbox"):
        raise LabelError(f"{where}: is only a box, which is no mask: draw an outline, or leave it out")
    if isinstance(shape, list) and shape and isinstance(shape[0], int | float):
        shape = [shape]
    return read_shape(shape, region.width, region.height, where)


def _read_image(id_: int, row: dict[str, Any], path: Path) -> LabelledRegion:
    where = f"{path}, image {id_}"
    width, height = take(row, "width", int, where), take(row, "height", int, where)
    check_size(width, height, where)
    source = take(row, "file_name", str, where)
    region = LabelledRegion(
        0, "", "", 0, 0, width, height, source, (), exact=False, origin=Origin(path.name, str(id_))
    )
    keys = ("episode", "x0", "y0")
    if not all(isinstance(row.get(key), kind) for key, kind in zip(keys, (str, int, int), strict=True)):
        return region
    scale = row.get("scale", 1.0)
    if row.get("exact") is False or not isinstance(scale, int | float) or not 0.01 <= scale <= 100:
        return region
    return replace(region, episode=row["episode"], x0=row["x0"], y0=row["y0"], scale=scale, exact=True)
