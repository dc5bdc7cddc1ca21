"""Masks as PNG files: a palette picture of classes and a 16-bit picture of instances.

    instances.csv             a row an instance: picture, value, class, whether it is ignored
    classes/KEY.png           palette picture, a pixel's value is its class id; 0 is the background
    instances/KEY.png         16-bit grey picture, a pixel's value is its instance's; 0 is the background

A pixel holds one instance: where masks overlap, the smaller one is on top.
"""

import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from toonseg.errors import LabelError
from toonseg.geometry import decode_rle, encode_rle, rle_area, segmentation_rle
from toonseg.labels.names import ClassNames
from toonseg.labels.regions import Instance, LabelledRegion, Origin
from toonseg.pictures.palette import indexed_png, label_palette
from toonseg.store import read_table, write_bytes, write_table

TABLE = "instances.csv"
MOST_INSTANCES = 65_535


@dataclass(frozen=True)
class InstanceRow:
    """An instance of a picture: ``value`` is that of its pixels; ``ignored`` is 0 or 1."""

    picture: str
    value: int
    name: str
    ignored: int


def read(path: Path, names: ClassNames) -> list[LabelledRegion]:
    """The pictures of a folder that ``write`` made or that is laid out alike, by name.

    Raises LabelError with the file and the value that does not fit.
    """
    folder = path if path.is_dir() else path.parent
    table: dict[str, list[InstanceRow]] = defaultdict(list)
    for row in read_table(folder / TABLE, InstanceRow):
        if any(row.value == other.value for other in table[row.picture]):
            raise LabelError(
                f"{folder / TABLE}: lists the value {row.value} of {row.picture} twice: keep one of the rows"
            )
        table[row.picture].append(row)
    files = sorted((folder / "instances").glob("[!.]*.png"))
    missing = sorted(set(table) - {file.stem for file in files})
    if missing:
        raise LabelError(f"{folder / TABLE}: instances/{missing[0]}.png is missing: add it")
    return [_read_file(file, table[file.stem], names) for file in files]


def write(folder: Path, keyed: Sequence[tuple[str, LabelledRegion]], classes: Sequence[str]) -> None:
    """Write the table and both pictures of each region.

    An instance that lies under smaller ones keeps its row, without a pixel. Raises LabelError when a region
    has more than ``MOST_INSTANCES``.
    """
    rows: list[InstanceRow] = []
    ids = {name: id_ for id_, name in enumerate(classes, 1)}
    for key, region in keyed:
        values = _painted(region, key)
        by_value = np.array([0, *(ids[label.name] for label in region.instances)])
        palette = label_palette(len(classes))
        write_bytes(
            folder / "classes" / f"{key}.png", indexed_png(by_value[values].astype(np.uint8), palette)
        )
        file = io.BytesIO()
        Image.fromarray(values).save(file, "PNG")
        write_bytes(folder / "instances" / f"{key}.png", file.getvalue())
        rows += [
            InstanceRow(key, value, label.name, int(label.ignored))
            for value, label in enumerate(region.instances, 1)
        ]
    write_table(folder / TABLE, rows, InstanceRow)


def _painted(region: LabelledRegion, key: str) -> NDArray[np.uint16]:
    """Values (h, w) from 1 in the order of the instances, the smaller painted over the larger."""
    if len(region.instances) > MOST_INSTANCES:
        raise LabelError(f"{key}: {len(region.instances)} instances, and {MOST_INSTANCES} are the most here")
    values = np.zeros((region.height, region.width), np.uint16)
    masks = [segmentation_rle(label.segmentation, region.height, region.width) for label in region.instances]
    for at in sorted(range(len(masks)), key=lambda at: (-rle_area(masks[at]), at)):
        values[decode_rle(masks[at])] = at + 1
    return values


def _read_file(file: Path, rows: Sequence[InstanceRow], names: ClassNames) -> LabelledRegion:
    values = _read_values(file)
    there = np.unique(values)
    listed = {row.value: row for row in rows}
    unknown = [int(value) for value in there if value and int(value) not in listed]
    if unknown:
        raise LabelError(
            f"{file}: has pixels of value {unknown[0]}, which {TABLE} does not list: add it there"
        )
    instances = []
    for value, row in sorted(listed.items()):
        where = f"{file}, value {value}"
        shape = encode_rle(values == value)
        if row.ignored not in (0, 1):
            raise LabelError(f"{where}: ignored must be 0 or 1, got {row.ignored}")
        origin = Origin(file.name, str(value))
        instances.append(Instance(0, names.find(row.name, where), shape, bool(row.ignored), origin))
    height, width = values.shape
    origin = Origin(file.name, "0")
    return LabelledRegion(
        0, "", "", 0, 0, width, height, file.name, tuple(instances), exact=False, origin=origin
    )


def _read_values(file: Path) -> NDArray[Any]:
    try:
        with Image.open(file, formats=("PNG",)) as image:
            if image.mode not in ("I;16", "I", "L", "P"):
                raise LabelError(f"{file}: is a picture of colours, not of values: save it as 16-bit grey")
            return np.array(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise LabelError(f"{file}: cannot be read ({error})") from None
