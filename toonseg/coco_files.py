"""COCO files from anywhere, as training and scoring here want them.

Other tools number from 0, leave gaps, write polygons and uncompressed runs, and omit ``iscrowd``. What
this module gives counts from 1 without gaps, with masks as compressed RLE, boxes and areas of the masks.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from toonseg.errors import LabelError
from toonseg.geometry import Rle, rle_area, rle_box, rle_runs, runs_rle, segmentation_rle
from toonseg.store import read_json

Coco = dict[str, Any]

_SEVERAL = 0  # no image's id
_TEXT, _PIXELS, _ID, _ANY = "a text", "a whole number over 0", "a number or a text", "anything"
_KINDS = {
    "images": {"id": _ANY, "file_name": _TEXT, "width": _PIXELS, "height": _PIXELS},
    "annotations": {"image_id": _ID, "category_id": _ID, "segmentation": _ANY},
    "categories": {"id": _ANY, "name": _TEXT},
}
_NO_MASK = "it is neither polygons (lists of x and y) nor a run-length encoding (size and counts)"


@dataclass(frozen=True)
class CocoFile:
    """A dataset renumbered from 1, and the new id of each image and category by the one in its file.

    ``empty`` annotations, whose masks hold no pixel, were left out: nobody can find or learn them.
    """

    coco: Coco
    image_ids: dict[Any, int]
    category_ids: dict[Any, int]
    empty: int


def read_dataset(path: Path) -> CocoFile:
    """Read a COCO instance dataset. Raises LabelError that names the file and what is wrong in it."""
    return renumbered(_document(path), str(path))


def read_results(path: Path, truth: CocoFile) -> list[Coco]:
    """Read COCO results, and number them as ``truth`` is.

    A result belongs to the image of its ``file_name`` where it has one (as `toonseg predict` writes it),
    or to that of its ``image_id``; its class goes by ``category``, a name, or by ``category_id``.
    Its box is that of its mask where it has none.
    Raises LabelError that names the file and the first result that is malformed or does not belong to the
    truth.
    """
    document = _document(path)
    if not isinstance(document, list) or not all(isinstance(result, dict) for result in document):
        raise LabelError(f"{path} is no list of COCO results: write one with `toonseg predict`")
    places = _Places(truth.coco["images"])
    sizes = {image["id"]: (int(image["height"]), int(image["width"])) for image in truth.coco["images"]}
    by_name = {category["name"]: category["id"] for category in truth.coco["categories"]}
    numbered = []
    for at, result in enumerate(document, 1):
        where = f"{path}: result {at}"
        image = _image_of(result, places, truth, where)
        ids = {"image_id": image, "category_id": _class_of(result, by_name, truth, where)}
        rle = _checked_rle(result.get("segmentation"), *sizes[image], where)
        its = {"bbox": _box_of(result, rle, where), "score": _score_of(result, where)}
        numbered.append({**result, **ids, **its, "segmentation": rle})
    return numbered


def renumbered(document: Any, where: str) -> CocoFile:
    """Check a COCO dataset and renumber it; ``where`` begins the sentence of the LabelError.

    Images and annotations keep the order of their ids, or of the file where annotations have none.
    """
    for kind, keys in _KINDS.items():
        rows = document.get(kind) if isinstance(document, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise LabelError(f"{where} is no COCO dataset: it has no list '{kind}'")
        for at, row in enumerate(rows, 1):
            for key, wanted in keys.items():
                if key not in row:
                    raise LabelError(f"{where}: number {at} of '{kind}' has no {key}")
                if not _is(row[key], wanted):
                    raise LabelError(
                        f"{where}: number {at} of '{kind}' has the {key} {row[key]!r}: it must be {wanted}"
                    )
    categories = {row["id"]: row for row in _ordered(document["categories"], where, "categories")}
    images = {row["id"]: row for row in _ordered(document["images"], where, "images")}
    names = [row["name"] for row in categories.values()]
    if len(set(names)) < len(names):
        raise LabelError(f"{where}: two categories have one name: merge or rename them")
    category_ids = {old: new for new, old in enumerate(categories, 1)}
    image_ids = {old: new for new, old in enumerate(images, 1)}
    annotations = []
    for at, row in enumerate(document["annotations"], 1):
        its = f"{where}: annotation {row.get('id', at)}"
        if row["image_id"] not in image_ids:
            raise LabelError(f"{its} is of image {row['image_id']!r}, which is not among its images")
        if row["category_id"] not in category_ids:
            raise LabelError(
                f"{its} is of category {row['category_id']!r}, which is not among its categories"
            )
        annotations.append(
            {
                "id": at,
                "image_id": image_ids[row["image_id"]],
                "category_id": category_ids[row["category_id"]],
                **_shape(row, images[row["image_id"]], its),
            }
        )
    there = [annotation for annotation in annotations if annotation["area"]]
    coco = {
        "images": [{**_plain(row), "id": image_ids[old]} for old, row in images.items()],
        "annotations": there,
        "categories": [{**row, "id": category_ids[old]} for old, row in categories.items()],
    }
    return CocoFile(coco, image_ids, category_ids, len(annotations) - len(there))


def with_classes_of(dataset: Coco, other: Coco, where: str) -> Coco:
    """The dataset with the category ids that its classes' names have in ``other``, and all of its classes.

    Raises LabelError, its sentence begun by ``where``, that names the classes which ``other`` lacks.
    """
    ids = {category["name"]: category["id"] for category in other["categories"]}
    names = {category["id"]: category["name"] for category in dataset["categories"]}
    strange = sorted(set(names.values()) - set(ids))
    if strange:
        raise LabelError(f"{where} has classes that the training set lacks: {', '.join(strange)}")
    annotations = [
        {**annotation, "category_id": ids[names[annotation["category_id"]]]}
        for annotation in dataset["annotations"]
    ]
    return {**dataset, "annotations": annotations, "categories": other["categories"]}


def _document(path: Path) -> Any:
    """What is in a JSON file that somebody named."""
    if not path.is_file():
        raise LabelError(f"{path} {'is a folder' if path.is_dir() else 'does not exist'}: give a JSON file")
    return read_json(path)


def _is(value: Any, wanted: str) -> bool:
    """Whether a value is what its key asks for."""
    if wanted == _TEXT:
        return isinstance(value, str) and bool(value.strip())
    if wanted == _PIXELS:
        return _is_number(value) and value >= 1 and float(value).is_integer()
    return wanted == _ANY or isinstance(value, int | float | str)


def _is_number(value: Any) -> bool:
    """Whether a value is a number that can be reckoned with."""
    return type(value) in (int, float) and abs(value) <= sys.float_info.max


def _plain(image: Coco) -> Coco:
    """An image with its sides as whole numbers, and its series, where it has one, as a text."""
    its = {key: value for key, value in image.items() if key != "series"}
    series = {} if image.get("series") is None else {"series": str(image["series"])}
    return {**its, **series, "width": int(image["width"]), "height": int(image["height"])}


def _ordered(rows: list[Coco], where: str, kind: str) -> list[Coco]:
    """Rows by their ids, each of which is there once."""
    kinds = {type(row["id"]) for row in rows}
    if len(kinds) > 1 or not kinds <= {int, str}:
        raise LabelError(f"{where}: the ids of '{kind}' must be whole numbers, or all of them texts")
    ordered = sorted(rows, key=lambda row: row["id"])
    for one, other in pairwise(ordered):
        if one["id"] == other["id"]:
            raise LabelError(f"{where}: two {kind} have the id {one['id']!r}: give each its own")
    return ordered


def _shape(annotation: Coco, image: Coco, where: str) -> Coco:
    """Mask, box and area of an annotation, all of its mask."""
    rle = _checked_rle(annotation["segmentation"], int(image["height"]), int(image["width"]), where)
    crowd = annotation.get("iscrowd") or 0
    if crowd not in (0, 1):
        raise LabelError(f"{where} has the iscrowd {crowd!r}: it must be 0 or 1")
    return {"bbox": _box(rle), "area": rle_area(rle), "iscrowd": int(crowd), "segmentation": rle}


def _box(rle: Rle) -> list[int]:
    """The box of a mask as COCO writes it."""
    x0, y0, x1, y1 = rle_box(rle)
    return [x0, y0, x1 - x0, y1 - y0]


def _checked_rle(segmentation: Any, height: int, width: int, where: str) -> Rle:
    """Polygons or runs as the Rle of a picture of this size. Raises LabelError when they are neither."""
    if not (_is_runs(segmentation) or _is_polygons(segmentation)):
        raise LabelError(f"{where} has no usable mask: {_NO_MASK}")
    try:
        if isinstance(segmentation, dict) and isinstance(segmentation["counts"], list):
            segmentation = runs_rle(segmentation["counts"], *segmentation["size"])
        rle = segmentation_rle(segmentation, height, width)
        rle_runs(rle)  # refuses what does not fill the picture
    except (ValueError, OverflowError) as error:
        raise LabelError(f"{where} has no usable mask: {error}") from None
    return rle


def _is_runs(segmentation: Any) -> bool:
    """Whether it has the form of a run-length encoding, compressed or not."""
    if not isinstance(segmentation, dict):
        return False
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not isinstance(size, list) or len(size) != 2 or not all(type(side) is int for side in size):
        return False
    return isinstance(counts, str) or (isinstance(counts, list) and all(type(run) is int for run in counts))


def _is_polygons(segmentation: Any) -> bool:
    """Whether it has the form of polygons, of any number of points."""
    return isinstance(segmentation, list) and all(
        isinstance(polygon, list) and all(type(value) in (int, float) for value in polygon)
        for polygon in segmentation
    )


def _box_of(result: Coco, rle: Rle, where: str) -> list[Any]:
    """The box of a result, or of its mask where it has none."""
    box = result.get("bbox")
    if box is None:
        return _box(rle)
    if not isinstance(box, list) or len(box) != 4 or not all(map(_is_number, box)) or min(box[2:]) < 0:
        raise LabelError(f"{where} has the bbox {box!r}: it must be x, y, width and height")
    return box


def _score_of(result: Coco, where: str) -> float:
    """The score of a result."""
    if "score" not in result:
        raise LabelError(f"{where} has no score: write results with `toonseg predict`")
    score: float = result["score"]
    if not _is_number(score):
        raise LabelError(f"{where} has the score {score!r}: it must be a number, train the model again")
    return score


class _Places:
    """Image ids by their paths, of which either side may know only the end."""

    def __init__(self, images: Sequence[Mapping[str, Any]]) -> None:
        self._whole: dict[str, int] = {}
        for image in images:
            name = str(image["file_name"])
            self._whole[name] = _SEVERAL if name in self._whole else int(image["id"])
        self._ends: dict[str, int] = {}
        for name, number in self._whole.items():
            for end in _ends(name):
                self._ends[end] = _SEVERAL if end in self._ends else number

    def find(self, name: str) -> int | None:
        """The id of the image that ``name`` is the end of, or that is an end of ``name``."""
        if name in self._whole:
            return self._whole[name]
        if name in self._ends:
            return self._ends[name]
        return next((self._whole[end] for end in _ends(name) if end in self._whole), None)


def _image_of(result: Coco, places: _Places, truth: CocoFile, where: str) -> int:
    name = result.get("file_name")
    found = _known(truth.image_ids, result.get("image_id")) if name is None else places.find(str(name))
    if found is None:
        shown = f"image {result.get('image_id')!r}" if name is None else f"'{name}'"
        raise LabelError(
            f"{where} is of {shown}, which the truth does not hold: predict the pictures of this truth"
        )
    if found == _SEVERAL:
        raise LabelError(
            f"{where}: several images of the truth end in '{name}': predict the folder above them, or give "
            "each its own file_name"
        )
    return found


def _ends(name: str) -> list[str]:
    """A path without its first 0, 1, 2 ... folders."""
    parts = PurePosixPath(name).parts
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _class_of(result: Coco, by_name: Mapping[str, int], truth: CocoFile, where: str) -> int:
    name = result.get("category")
    number = _known(truth.category_ids, result.get("category_id")) if name is None else _known(by_name, name)
    if number is None:
        shown = repr(result.get("category_id")) if name is None else f"'{name}'"
        raise LabelError(
            f"{where} is of class {shown}, which the truth does not know: there is {', '.join(by_name)}"
        )
    return number


def _known(numbers: Mapping[Any, int], key: Any) -> int | None:
    """The new id of a key, which may be anything that JSON can hold."""
    return numbers.get(key) if isinstance(key, int | float | str) else None
