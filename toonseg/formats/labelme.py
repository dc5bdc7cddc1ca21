"""labelme's JSON: one file a picture, shapes as polygons, rectangles or masks.

Shapes of one label and one ``group_id`` are the parts of one instance. A rectangle is told by two opposite
corners, or by all four (X-AnyLabeling). A mask is a PNG in base64 whose first point is its place. A shape
with the flag ``ignored`` is neither learned nor scored.
"""

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from toonseg.errors import ImageError, LabelError
from toonseg.formats.checks import check_size, pairs_of, read_pairs, shortened, take
from toonseg.formats.grouping import Part, join_parts
from toonseg.geometry import Rle, Segmentation, decode_rle, encode_rle, rle_box
from toonseg.images import decode, encode
from toonseg.labels.names import ClassNames
from toonseg.labels.regions import Instance, LabelledRegion, Origin
from toonseg.records import natural_key
from toonseg.store import read_json, write_json

FOLDER = "labelme"
_MASK_SLACK_PX = 1  # some versions write the last pixel of a mask, some the end


def read(path: Path, names: ClassNames) -> list[LabelledRegion]:
    """The pictures of a labelme file, or of all labelme files in a folder and those in it, by name.

    What lies deeper in the folder has its way there before its picture and its ids. Raises LabelError with
    the file and the shape's number (from 0) for what cannot be meant.
    """
    if not path.is_dir():
        return [_read_file(path, "", names)]
    ways = {file: file.relative_to(path).as_posix().removesuffix(file.name) for file in files_in(path)}
    if not ways:
        raise LabelError(f"{path}: holds no labelme file")
    return [_read_file(file, way, names) for file, way in ways.items()]


def files_in(folder: Path) -> list[Path]:
    """The JSON files of a folder and of those in it, in natural order, without hidden ones."""
    within = [file.relative_to(folder) for file in folder.rglob("*.json")]
    seen = [path for path in within if not any(part.startswith(".") for part in path.parts)]
    return [folder / path for path in sorted(seen, key=lambda path: (natural_key(path.as_posix()), path))]


def write(folder: Path, keyed: Sequence[tuple[str, LabelledRegion]], classes: Sequence[str]) -> None:
    """Write ``labelme/KEY.json`` for each region; pictures are expected in ``images/KEY.png``."""
    for key, region in keyed:
        shapes = []
        for number, label in enumerate(region.instances, 1):
            shapes += _shapes(label, number)
        document: dict[str, Any] = {
            "version": "5.5.0",
            "flags": {},
            "shapes": shapes,
            "imagePath": f"../images/{key}.png",
            "imageData": None,
            "imageHeight": region.height,
            "imageWidth": region.width,
        }
        write_json(folder / FOLDER / f"{key}.json", document)


def _read_file(path: Path, way: str, names: ClassNames) -> LabelledRegion:
    """``way`` leads to the file from the folder that is read: empty, or with a slash at its end."""
    document: Any = read_json(path)
    if not isinstance(document, dict) or "shapes" not in document:
        raise LabelError(f"{path}: must be a labelme file, a mapping with shapes and imagePath")
    width, height = (take(document, key, int, str(path)) for key in ("imageWidth", "imageHeight"))
    check_size(width, height, str(path))
    parts = []
    for number, shape in enumerate(take(document, "shapes", list, str(path))):
        where = f"{path}, shape {number}"
        if not isinstance(shape, dict):
            raise LabelError(f"{where}: must be a mapping of keys to values, got {shortened(shape)}")
        flags = shape.get("flags") or {}
        parts.append(
            Part(
                names.find(take(shape, "label", str, where), where),
                _read_shape(shape, width, height, where),
                shape.get("group_id"),
                isinstance(flags, dict) and flags.get("ignored") is True,
                Origin(path.name, f"{way}{number}"),
            )
        )
    source = way + take(document, "imagePath", str, str(path))
    instances = join_parts(parts, width, height)
    origin = Origin(path.name, f"{way}0")
    return LabelledRegion(0, "", "", 0, 0, width, height, source, instances, exact=False, origin=origin)


def _read_shape(shape: dict[str, Any], width: int, height: int, where: str) -> Segmentation:
    kind = shape.get("shape_type") or "polygon"  # the first versions drew nothing else
    points = shape.get("points")
    if kind == "polygon":
        return (read_pairs(points, width, height, where),)
    if kind == "rectangle":
        points = _opposite(points)
    if kind not in ("rectangle", "mask") or not isinstance(points, list) or len(points) != 2:
        raise LabelError(
            f"{where}: a {shortened(kind)} with {shortened(points)} cannot be kept as it was drawn: draw it "
            "as a polygon or a mask"
        )
    (x0, y0), (x1, y1) = _corners(points, where)
    if kind == "rectangle":
        return (read_pairs([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], width, height, where),)
    return _read_mask(shape.get("mask"), (round(x0), round(y0), round(x1), round(y1)), width, height, where)


def _opposite(points: Any) -> Any:
    """Two opposite corners of an upright rectangle that is told by four; other points as they are."""
    match points:
        case [[x0, y0], one, [x1, y1], other] if [one, other] in (
            [[x1, y0], [x0, y1]],
            [[x0, y1], [x1, y0]],
        ):
            return [[x0, y0], [x1, y1]]
    return points


def _corners(points: list[Any], where: str) -> list[list[float]]:
    for point in points:
        if (
            not isinstance(point, list)
            or not [type(number) in (int, float) for number in point] == [True] * 2
        ):
            raise LabelError(f"{where}: its points must be two pairs x, y, got {shortened(points)}")
    if not np.isfinite(np.array(points, dtype=float)).all():
        raise LabelError(f"{where}: a point has a coordinate that is not finite: draw it again")
    return points


def _read_mask(text: Any, box: tuple[int, int, int, int], width: int, height: int, where: str) -> Rle:
    try:
        picture = decode(base64.b64decode(text, validate=True), "its mask")
    except (TypeError, ValueError, binascii.Error, ImageError) as error:
        raise LabelError(f"{where}: its mask cannot be read ({error}): draw it again") from None
    drawn = picture[..., 0] > 0
    x0, y0, x1, y1 = box
    rows, columns = drawn.shape
    fits = abs(x1 - x0 + 1 - columns) <= _MASK_SLACK_PX and abs(y1 - y0 + 1 - rows) <= _MASK_SLACK_PX
    if not fits or x0 < 0 or y0 < 0 or x0 + columns > width or y0 + rows > height:
        raise LabelError(
            f"{where}: its mask is {columns} x {rows} px, but its points are {box} in an image of "
            f"{width} x {height}: draw it again"
        )
    whole = np.zeros((height, width), dtype=bool)
    whole[y0 : y0 + rows, x0 : x0 + columns] = drawn
    return encode_rle(whole)


def _shapes(label: Instance, group: int) -> list[dict[str, Any]]:
    common = {
        "label": label.name,
        "group_id": None,
        "description": "",
        "flags": {"ignored": True} if label.ignored else {},
        "mask": None,
    }
    if isinstance(label.segmentation, dict):
        x0, y0, x1, y1 = rle_box(label.segmentation)
        x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)  # an empty mask is one pixel of nothing
        cropped = decode_rle(label.segmentation)[y0:y1, x0:x1]
        mask = base64.b64encode(encode(cropped.astype(np.uint8) * np.uint8(255), "png", 100)).decode()
        points = [[x0, y0], [x1 - 1, y1 - 1]]
        return [common | {"shape_type": "mask", "points": points, "mask": mask}]
    polygons = label.segmentation
    group_id = group if len(polygons) > 1 else None
    return [
        common | {"group_id": group_id, "shape_type": "polygon", "points": pairs_of(polygon)}
        for polygon in polygons
    ]
