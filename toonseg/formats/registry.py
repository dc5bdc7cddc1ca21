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

    ``head`` is the file that a folder of the format must hold: empty where it needs none, None where the
    format is one file.
    """

    reader: Callable[[Path, ClassNames], list[LabelledRegion]]
    write: Callable[[Path, Keyed, Sequence[str]], None]
    head: str | None = None

    def read(self, path: Path, names: ClassNames) -> list[LabelledRegion]:
        """Read regions without series and, mostly, without a place; every class is one of those given.

        Raises LabelError for an archive, for a folder where the format is one file or that lacks its
        ``head``, and for what the format's reader refuses.
        """
        _refuse_archive(path)
        folder = path if path.is_dir() else path.parent
        if path.is_dir() and self.head is None:
            raise LabelError(f"{path}: is a folder, but this format is one file: name the file in it")
        if self.head and not (folder / self.head).exists():
            raise LabelError(
                f"{folder}: the export's {self.head} is missing there: add it, or name the folder that has it"
            )
        return self.reader(path, names)


FORMATS = {
    "coco": Format(cocofile.read, cocofile.write),
    "coco-rle": Format(cocofile.read, cocofile.write_masks),
    "cvat": Format(cvat.read, cvat.write),
    "labelme": Format(labelme.read, labelme.write, head=""),
    "labelstudio": Format(labelstudio.read, labelstudio.write),
    "png": Format(pngmasks.read, pngmasks.write, head=pngmasks.TABLE),
    "yolo": Format(yolo.read, yolo.write, head=yolo.DATA),
}


def format_of(path: Path) -> str:
    """The name of the format that a file or folder is of, by what it holds.

    Raises LabelError when it is none of ``FORMATS``, and says what to name where that is in it.
    """
    _refuse_archive(path)
    if path.is_dir():
        if (path / yolo.DATA).exists():
            return "yolo"
        if (path / pngmasks.TABLE).exists():
            return "png"
        if _holds_labelme(path):
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


def _holds_labelme(folder: Path) -> bool:
    """Whether one of its files is labelme's. Where none is, LabelError names the one that is COCO."""
    coco = None
    for file in labelme.files_in(folder):
        document = read_json(file)
        if isinstance(document, dict) and "shapes" in document:
            return True
        if isinstance(document, dict) and "annotations" in document:
            coco = coco or file
    if coco:
        raise LabelError(f"{folder}: is a folder that holds a COCO file: name that file, {coco}")
    return False


def _refuse_archive(path: Path) -> None:
    if path.suffix.lower() == ".zip":
        raise LabelError(f"{path}: is an archive: unpack it, and name the file or folder of labels in it")
