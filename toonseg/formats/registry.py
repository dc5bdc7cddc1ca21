"""The formats by their names, and which one a file is of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from toonseg.errors import LabelError
from toonseg.formats import cocofile, cvat, labelme, labelstudio, pngmasks, yolo
from toonseg.labels.names import ClassNames
from toonseg.labels.regions import LabelledRegion
from toonseg.store import read_json

Keyed: TypeAlias = Sequence[tuple[str, LabelledRegion]]


@dataclass(frozen=True)
class Format:
    """How a format is read (a file or a folder) and written (to a folder, regions by their keys).

    ``read`` gives regions without series and, mostly, without a place. Every class must be one of
    those given.
    """

    read: Callable[[Path, ClassNames], list[LabelledRegion]]
    write: Callable[[Path, Keyed, Sequence[str]], None]


FORMATS = {
    "coco": Format(cocofile.read, cocofile.write),
    "coco-rle": Format(cocofile.read, cocofile.write_masks),
    "cvat": Format(cvat.read, cvat.write),
    "labelme": Format(labelme.read, labelme.write),
    "labelstudio": Format(labelstudio.read, labelstudio.write),
    "png": Format(pngmasks.read, pngmasks.write),
    "yolo": Format(yolo.read, yolo.write),
}


def format_of(path: Path) -> str:
    """The name of the format that a file or folder is of, by what it holds.

    Raises LabelError when it is none of ``FORMATS``.
    """
    if path.is_dir():
        if (path / yolo.DATA).exists():
            return "yolo"
        if (path / pngmasks.TABLE).exists():
            return "png"
        if any(path.glob("[!.]*.json")):
            return "labelme"
    elif path.name == yolo.DATA:
        return "yolo"
    elif path.name == pngmasks.TABLE:
        return "png"
    elif path.suffix.lower() == ".xml":
        return "cvat"
    elif not path.exists():
        raise LabelError(f"{path} does not exist: correct its name")
    elif path.suffix.lower() == ".json":
        document = read_json(path)
        if isinstance(document, list):
            return "labelstudio"
        if isinstance(document, dict):
            return "labelme" if "shapes" in document else "coco"
    raise LabelError(f"{path}: of none of the formats {', '.join(FORMATS)}: name its format with --format")
