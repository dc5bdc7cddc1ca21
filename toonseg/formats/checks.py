"""What every reader of label files checks: keys, ids, sizes and shapes, each fault named with its place.

``where`` begins each sentence: the file, and the id inside it.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from toonseg.errors import LabelError
from toonseg.geometry import Rle, Segmentation, rle_runs, runs_rle

# A pen slips over the edge of a picture (by 1.76 px in the labels of 2021). What lies farther out was
# drawn on another picture.
SLACK_PX = 8
MOST_PX = 2**31  # pycocotools counts the pixels of a mask in 32 bits
MOST_POINTS = 100_000  # of one polygon; a person draws a few hundred
_KINDS = {
    int: "a whole number",
    str: "text",
    list: "a list",
    dict: "a mapping of keys to values",
    float: "a number",
}

T = TypeVar("T")


def take(row: dict[str, Any], key: str, kind: type[T], where: str) -> T:
    """The value of a key that must be there and of its kind; a whole number is a number too."""
    if key not in row:
        raise LabelError(f"{where}: {key} is missing")
    return of_kind(row[key], kind, f"{where}: {key}")


def of_kind(value: Any, kind: type[T], where: str) -> T:
    """The value, which must be of its kind; a whole number may be written with a point, as 3.0."""
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    fits = isinstance(value, int if kind is float and isinstance(value, int) else kind)
    if not fits or isinstance(value, bool):
        raise LabelError(f"{where} must be {_KINDS[kind]}, got {shortened(value)}")
    return value  # type: ignore[no-any-return]


def rows_of(document: dict[str, Any], key: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of one of a COCO file's lists with their ids, each id once."""
    noun = {"categories": "category"}.get(key, key.removesuffix("s"))
    seen = set()
    for index, row in enumerate(take(document, key, list, str(path))):
        where = f"{path}, {key}[{index}]"
        if not isinstance(row, dict):
            raise LabelError(f"{where}: must be {_KINDS[dict]}, got {shortened(row)}")
        id_ = take(row, "id", int, where)
        if id_ in seen:
            raise LabelError(f"{path}, {noun} {id_}: another {noun} has the same id: renumber one of them")
        seen.add(id_)
        yield id_, row


def check_size(width: int, height: int, where: str) -> None:
    """Refuse what is no size of an image."""
    if width < 1 or height < 1 or width * height > MOST_PX:
        raise LabelError(f"{where}: {width} x {height} px is no size of an image: correct it")


def read_shape(shape: Any, width: int, height: int, where: str) -> Segmentation:
    """COCO's segmentation as it stands: polygons as tuples of their numbers, or an Rle."""
    if isinstance(shape, dict):
        return read_rle(shape, width, height, where)
    if isinstance(shape, list) and shape:
        return tuple(read_polygon(points, width, height, where) for points in shape)
    raise LabelError(
        f"{where}: its segmentation must be polygons or a run-length code, got {shortened(shape)}"
    )


def read_polygon(points: Any, width: int, height: int, where: str) -> tuple[float, ...]:
    """One part, x, y, x, y ..., its numbers as they stand."""
    if not isinstance(points, list) or not {type(number) for number in points} <= {int, float}:
        raise LabelError(f"{where}: a polygon must be a list of numbers x, y, x, y: draw it again")
    if len(points) < 6 or len(points) % 2:
        raise LabelError(
            f"{where}: a polygon of {len(points)} numbers: it needs x and y of at least 3 points"
        )
    if len(points) > 2 * MOST_POINTS:
        raise LabelError(
            f"{where}: a polygon of {len(points) // 2} points, and {MOST_POINTS} are the most: simplify it, "
            "or save it as a mask"
        )
    if not all(abs(number) < math.inf for number in points):
        raise LabelError(f"{where}: a polygon has a coordinate that is not finite: draw it again")
    for axis, name, end in ((0, "x", width), (1, "y", height)):
        least, most = min(points[axis::2]), max(points[axis::2])
        if least < -SLACK_PX or most > end + SLACK_PX:
            outside = least if least < -SLACK_PX else most
            raise LabelError(
                f"{where}: a polygon reaches {name} {shortened(outside)}, outside its image of {width} x "
                f"{height} px: draw it again, or correct its image_id"
            )
    return tuple(points)


def read_pairs(pairs: Any, width: int, height: int, where: str) -> tuple[float, ...]:
    """``read_polygon`` for a part that is a list of points, each a list of x and y."""
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise LabelError(f"{where}: its points must be a list of pairs x, y: draw it again")
    return read_polygon([number for pair in pairs for number in pair], width, height, where)


def read_rle(shape: dict[str, Any], width: int, height: int, where: str) -> Rle:
    """A run-length code, compressed or as a list of numbers, that fills the region."""
    size, counts = shape.get("size"), shape.get("counts")
    if size != [height, width]:
        raise LabelError(
            f"{where}: its mask has the size {shortened(size)}, but its image is [{height}, {width}] "
            "(height, width): make the mask again, or correct its image_id"
        )
    try:
        if isinstance(counts, str):
            rle: Rle = {"size": [height, width], "counts": counts}
            rle_runs(rle)
            return rle
        if isinstance(counts, list) and {type(number) for number in counts} <= {int}:
            return runs_rle(counts, height, width)
    except (ValueError, OverflowError) as error:
        raise LabelError(f"{where}: its mask cannot be read ({error}): make it again") from None
    raise LabelError(f"{where}: the counts of its mask must be text or a list of whole numbers")


def pairs_of(polygon: Sequence[float]) -> list[list[float]]:
    """A polygon's points as pairs.

    >>> pairs_of((1, 2, 3, 4))
    [[1, 2], [3, 4]]
    """
    return [list(pair) for pair in zip(polygon[0::2], polygon[1::2], strict=True)]


def shortened(value: Any) -> str:
    """A value as text, cut off where it would fill the screen."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
