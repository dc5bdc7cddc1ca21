"""CVAT for images 1.1: one XML file of pictures with polygons, boxes and masks.

Shapes of one label and one ``group_id`` are the parts of one instance. A mask's runs go row by row
through its box, beginning with the background. An attribute ``ignored`` of ``true`` marks what is
neither learned nor scored.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from toonseg.errors import LabelError
from toonseg.formats.checks import check_size, read_pairs, shortened
from toonseg.formats.grouping import Part, join_parts
from toonseg.geometry import Rle, Segmentation, decode_rle, encode_rle, rle_box
from toonseg.labels.names import ClassNames
from toonseg.labels.regions import Instance, LabelledRegion, Origin
from toonseg.store import write_bytes

FILE = "annotations.xml"
_SHAPES = ("polygon", "box", "mask")
_OTHERS = ("polyline", "points", "ellipse", "cuboid", "skeleton")


def read(path: Path, names: ClassNames) -> list[LabelledRegion]:
    """The pictures of a CVAT file, in its order. Raises LabelError with the file and the image's id."""
    try:
        root = ET.fromstring(path.read_bytes())
    except FileNotFoundError:
        raise LabelError(f"{path} does not exist: correct its name") from None
    except (ET.ParseError, ValueError, LookupError) as error:
        raise LabelError(f"{path}: not valid XML ({error})") from None
    if root.tag != "annotations":
        raise LabelError(f"{path}: must be a file of 'CVAT for images 1.1', got <{root.tag}>")
    if root.find("track") is not None:
        raise LabelError(f"{path}: holds the tracks of a video: export it as 'CVAT for images 1.1'")
    return [_read_image(image, path, names) for image in root.iter("image")]


def write(folder: Path, keyed: Sequence[tuple[str, LabelledRegion]], classes: Sequence[str]) -> None:
    """Write one XML file; a key names the image ``KEY.png``. Coordinates keep all their digits."""
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    labels = ET.SubElement(ET.SubElement(ET.SubElement(root, "meta"), "task"), "labels")
    for name in classes:
        label = ET.SubElement(labels, "label")
        ET.SubElement(label, "name").text = name
        _declare_ignored(ET.SubElement(label, "attributes"))
    for number, (key, region) in enumerate(keyed):
        size = {"width": str(region.width), "height": str(region.height)}
        image = ET.SubElement(root, "image", {"id": str(number), "name": f"{key}.png", **size})
        for group, instance in enumerate(region.instances, 1):
            _write_instance(image, instance, group)
    ET.indent(root)
    write_bytes(folder / FILE, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _read_image(image: ET.Element, path: Path, names: ClassNames) -> LabelledRegion:
    where = f"{path}, image {image.get('id')}"
    width, height = (_whole(image, key, where) for key in ("width", "height"))
    check_size(width, height, where)
    source = image.get("name")
    if not source:
        raise LabelError(f"{where}: its name is missing")
    parts = []
    for number, shape in enumerate(image):
        at = f"{where}, {shape.tag} {number}"
        if shape.tag in _OTHERS or float(_number(shape.get("rotation", "0"), at)):
            told = shape.tag if shape.tag in _OTHERS else f"turned {shape.tag}"
            raise LabelError(
                f"{at}: this {told} cannot be kept as it was drawn: draw it as a polygon or a mask"
            )
        if shape.tag not in _SHAPES:
            continue
        label = shape.get("label")
        group = shape.get("group_id")
        ignored = [a.text for a in shape.findall("attribute") if a.get("name") == "ignored"]
        parts.append(
            Part(
                names.find(label, at),
                _read_shape(shape, width, height, at),
                None if group in (None, "", "0") else group,
                ignored == ["true"],
                Origin(path.name, f"{image.get('id')}/{number}"),
            )
        )
    instances = join_parts(parts, width, height)
    origin = Origin(path.name, str(image.get("id")))
    return LabelledRegion(0, "", "", 0, 0, width, height, source, instances, exact=False, origin=origin)


def _read_shape(shape: ET.Element, width: int, height: int, where: str) -> Segmentation:
    if shape.tag == "mask":
        return _read_mask(shape, width, height, where)
    if shape.tag == "box":
        x0, y0, x1, y1 = (_number(shape.get(key), where) for key in ("xtl", "ytl", "xbr", "ybr"))
        pairs = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    else:
        pairs = [
            [_number(number, where) for number in pair.split(",")]
            for pair in (shape.get("points") or "").split(";")
        ]
    return (read_pairs(pairs, width, height, where),)


def _read_mask(shape: ET.Element, width: int, height: int, where: str) -> Rle:
    left, top, columns, rows = (_whole(shape, key, where) for key in ("left", "top", "width", "height"))
    runs = _runs(shape.get("rle") or "", where)
    inside = left >= 0 and top >= 0 and left + columns <= width and top + rows <= height
    if not inside or columns < 1 or rows < 1 or min(runs) < 0 or sum(runs) != columns * rows:
        raise LabelError(
            f"{where}: its mask of {columns} x {rows} px at ({left}, {top}) does not fit its runs, or its "
            f"image of {width} x {height} px: draw it again"
        )
    values = np.arange(len(runs)) % 2 == 1
    whole = np.zeros((height, width), dtype=bool)
    whole[top : top + rows, left : left + columns] = np.repeat(values, runs).reshape(rows, columns)
    return encode_rle(whole)


def _runs(text: str, where: str) -> list[int]:
    try:
        return [int(run) for run in text.split(",")]
    except ValueError as error:
        raise LabelError(f"{where}: its mask cannot be read ({error}): draw it again") from None


def _write_instance(image: ET.Element, instance: Instance, group: int) -> None:
    common = {"label": instance.name, "source": "manual", "occluded": "0"}
    shape = instance.segmentation
    if isinstance(shape, dict):
        x0, y0, x1, y1 = rle_box(shape)
        x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)  # an empty mask is one pixel of nothing
        place = {"left": x0, "top": y0, "width": x1 - x0, "height": y1 - y0}
        runs = ", ".join(map(str, _row_runs(decode_rle(shape)[y0:y1, x0:x1].ravel())))
        places = {key: str(value) for key, value in place.items()}
        drawn = [ET.SubElement(image, "mask", {**common, "rle": runs, **places, "z_order": "0"})]
    else:
        together = {"group_id": str(group)} if len(shape) > 1 else {}
        drawn = [
            ET.SubElement(
                image, "polygon", {**common, "points": _points(polygon), "z_order": "0", **together}
            )
            for polygon in shape
        ]
    if instance.ignored:
        for element in drawn:
            ET.SubElement(element, "attribute", {"name": "ignored"}).text = "true"


def _declare_ignored(attributes: ET.Element) -> None:
    attribute = ET.SubElement(attributes, "attribute")
    for key, text in {
        "name": "ignored",
        "mutable": "False",
        "input_type": "checkbox",
        "default_value": "false",
        "values": "false",
    }.items():
        ET.SubElement(attribute, key).text = text


def _row_runs(pixels: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
    """Lengths of runs, background first."""
    edges = np.flatnonzero(np.diff(pixels)) + 1
    runs: list[int] = np.diff([0, *edges, len(pixels)]).tolist()
    return [0, *runs] if len(pixels) and pixels[0] else runs


def _points(polygon: Sequence[float]) -> str:
    return ";".join(f"{x!r},{y!r}" for x, y in zip(polygon[0::2], polygon[1::2], strict=True))


def _whole(element: ET.Element, key: str, where: str) -> int:
    text = element.get(key)
    try:
        return int(text or "")
    except ValueError:
        raise LabelError(f"{where}: {key} must be a whole number, got {shortened(text)}") from None


def _number(text: str | None, where: str) -> float:
    """A number as Python writes it: whole ones stay whole."""
    try:
        stripped = (text or "").strip()
        return int(stripped) if stripped.lstrip("-").isdigit() else float(stripped)
    except ValueError:
        raise LabelError(f"{where}: {shortened(text)} is no number: draw it again") from None
