"""YOLO-seg: a text file a picture, a polygon a line, in parts of the picture's sides.

A line holds one polygon, so the parts of an instance, and the holes of a mask, are joined by cuts of no
width. Ignored instances have no place in it and are left out.
"""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from toonseg.errors import LabelError, ParamsError
from toonseg.formats.checks import read_polygon, shortened
from toonseg.formats.displayed import displayed_size
from toonseg.formats.shares import share_of
from toonseg.geometry import decode_rle
from toonseg.labels.names import ClassNames
from toonseg.labels.regions import Instance, LabelledRegion, Origin
from toonseg.outlines import join_polygons, trace_mask
from toonseg.params import read_yaml
from toonseg.store import read_json, write_bytes, write_json

DATA = "data.yaml"
SIZES = "sizes.json"  # of pictures that are not there
LABELS, IMAGES = "labels", "images"
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def read(path: Path, names: ClassNames) -> list[LabelledRegion]:
    """The pictures of a YOLO-seg dataset by name: a folder with ``data.yaml`` and, anywhere, ``labels/``.

    The picture of ``a/labels/b.txt`` is ``a/images/b`` with a picture's ending. Its size comes from there
    or from ``sizes.json``, which toonseg writes. Raises LabelError with the file and the line.
    """
    folder = path if path.is_dir() else path.parent
    classes = _read_names(folder / DATA)
    sizes = read_json(folder / SIZES) if (folder / SIZES).exists() else {}
    files = sorted(file for file in folder.rglob("*.txt") if LABELS in file.relative_to(folder).parts[:-1])
    if not files:
        raise LabelError(f"{folder}: holds no labels/*.txt, as a YOLO dataset does")
    return [_read_file(file, folder, classes, names, sizes) for file in files]


def write(folder: Path, keyed: Sequence[tuple[str, LabelledRegion]], classes: Sequence[str]) -> None:
    """Write ``data.yaml``, ``labels/KEY.txt`` and ``sizes.json``; pictures are expected in ``images/``."""
    listed = "".join(f"  {number}: {name}\n" for number, name in enumerate(classes))
    text = f"train: images\nval: images\nnames:\n{listed}"
    write_bytes(folder / DATA, text.encode())
    for key, region in keyed:
        lines = [_line(label, region, classes) for label in region.instances if not label.ignored]
        write_bytes(folder / LABELS / f"{key}.txt", "".join(filter(None, lines)).encode())
    write_json(folder / SIZES, {key: [region.width, region.height] for key, region in keyed})


def _read_names(path: Path) -> dict[int, str]:
    try:
        listed = read_yaml(path).get("names")
    except (ParamsError, AttributeError) as error:
        raise LabelError(f"{path}: cannot be read ({error})") from None
    if isinstance(listed, list):
        listed = dict(enumerate(listed))
    if not isinstance(listed, dict) or not all(type(number) is int for number in listed):
        raise LabelError(f"{path}: names must list the classes, got {shortened(listed)}")
    return {number: str(name) for number, name in listed.items()}


def _read_file(
    file: Path, folder: Path, classes: dict[int, str], names: ClassNames, sizes: Any
) -> LabelledRegion:
    width, height, source = _picture(folder, sizes, file)
    instances = []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise LabelError(f"{file}: is not UTF-8 text") from None
    for number, line in enumerate(lines, 1):
        where = f"{file}, line {number}"
        words = line.split()
        if not words:
            continue
        if not words[0].isdigit() or int(words[0]) not in classes:
            raise LabelError(f"{where}: its class {shortened(words[0])} is not in {DATA}: list it there")
        try:
            shares = [float(word) for word in words[1:]]
        except ValueError as error:
            raise LabelError(f"{where}: {error}: draw it again") from None
        points = [share * (height if place % 2 else width) for place, share in enumerate(shares)]
        shape = (read_polygon(points, width, height, where),)
        origin = Origin(file.name, str(number))
        name = names.find(classes[int(words[0])], f"{folder / DATA}, class {words[0]}")
        instances.append(Instance(0, name, shape, origin=origin))
    origin = Origin(folder.name, PurePosixPath(source).with_suffix("").as_posix())
    return LabelledRegion(
        0, "", "", 0, 0, width, height, source, tuple(instances), exact=False, origin=origin
    )


def _picture(folder: Path, sizes: Any, file: Path) -> tuple[int, int, str]:
    """Width, height and name (from ``folder``, without ``images/``) of the picture of a file of labels."""
    parts = file.relative_to(folder).parts
    at = len(parts) - 2 - parts[-2::-1].index(LABELS)
    beside = folder.joinpath(*parts[:at], IMAGES, *parts[at + 1 : -1])
    within = PurePosixPath(*parts[:at], *parts[at + 1 : -1])
    for suffix in (*_SUFFIXES, *map(str.upper, _SUFFIXES)):
        picture = beside / f"{file.stem}{suffix}"
        if picture.exists():
            return *displayed_size(picture.read_bytes(), str(picture)), (within / picture.name).as_posix()
    known = sizes.get((within / file.stem).as_posix()) if isinstance(sizes, dict) else None
    if not (isinstance(known, list) and [type(side) for side in known] == [int, int] and min(known) > 0):
        raise LabelError(
            f"{file}: its picture {beside / file.stem}.png (or .jpg) is missing, so its size is not known: "
            "add it"
        )
    return known[0], known[1], (within / f"{file.stem}.png").as_posix()


def _line(label: Instance, region: LabelledRegion, classes: Sequence[str]) -> str:
    shape = label.segmentation
    polygons = trace_mask(decode_rle(shape)) if isinstance(shape, dict) else shape
    if not polygons:
        return ""
    points = join_polygons(polygons)
    shares = [
        share_of(number, region.height if place % 2 else region.width) for place, number in enumerate(points)
    ]
    return " ".join([str(classes.index(label.name)), *map(repr, shares)]) + "\n"
