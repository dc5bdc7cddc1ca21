"""Label Studio's JSON: a list of tasks with polygons, rectangles or brush masks.

Places are in hundredths of the picture's sides. Polygons of one label are the parts of one instance
where later ones name the first as their ``parentID``. ``meta`` with the text ``ignored`` marks what is
neither learned nor scored. Predictions of a model are not read: a person has not looked at them. A task
that nobody annotated is left out.
"""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from toonseg.errors import LabelError
from toonseg.formats.brush import pack_brush, unpack_brush
from toonseg.formats.checks import check_size, of_kind, pairs_of, read_pairs, shortened, take
from toonseg.formats.grouping import Part, join_parts
from toonseg.formats.shares import share_of
from toonseg.geometry import Segmentation, decode_rle, encode_rle
from toonseg.labels.names import ClassNames
from toonseg.labels.regions import Instance, LabelledRegion, Origin
from toonseg.store import read_json, write_json

FILE = "tasks.json"
_CONFIG = "config.xml"
_KINDS = ("polygonlabels", "brushlabels", "rectanglelabels")
_SIZE_KEYS = ("original_width", "original_height")
_PICTURE = re.compile(r"\.(png|jpe?g|webp|bmp|gif|tiff?|avif)(\?.*)?$", re.IGNORECASE)  # how its address ends

Row = dict[str, Any]


def read(path: Path, names: ClassNames) -> list[LabelledRegion]:
    """The tasks of a Label Studio export, in its order.

    An annotation without any result tells no size and is refused, unless the task's data or a prediction
    tells it; so is a task with several people's annotations.
    Raises LabelError with the file and the task's id.
    """
    tasks = read_json(path)
    if not isinstance(tasks, list):
        raise LabelError(f"{path}: must be an export of Label Studio as JSON, a list of tasks")
    read = (_read_task(of_kind(task, dict, f"{path}: a task"), path, names) for task in tasks)
    regions = [region for region in read if region is not None]
    if tasks and not regions:
        raise LabelError(f"{path}: nobody annotated any of its {len(tasks)} tasks: submit annotations first")
    return regions


def write(folder: Path, keyed: Sequence[tuple[str, LabelledRegion]], classes: Sequence[str]) -> None:
    """Write ``tasks.json`` to import, and ``config.xml``, the labelling interface that it needs.

    Pictures are expected in ``images/KEY.png``, served as Label Studio's local files.
    """
    tasks = []
    for number, (key, region) in enumerate(keyed, 1):
        results = [
            row for group, label in enumerate(region.instances, 1) for row in _rows(label, group, region)
        ]
        picture = f"/data/local-files/?d=images/{key}.png"
        size = {"width": region.width, "height": region.height}
        tasks.append(
            {
                "id": number,
                "data": {"image": picture, **size},
                "annotations": [{"id": number, "result": results}],
            }
        )
    write_json(folder / FILE, tasks)
    choices = "".join(f'\n    <Label value="{name}"/>' for name in classes)
    (folder / _CONFIG).write_text(
        '<View>\n  <Image name="image" value="$image" zoom="true"/>'
        f'\n  <BrushLabels name="brush" toName="image">{choices}\n  </BrushLabels>'
        f'\n  <PolygonLabels name="polygon" toName="image">{choices}\n  </PolygonLabels>\n</View>\n',
        encoding="utf-8",
    )


def _read_task(task: Row, path: Path, names: ClassNames) -> LabelledRegion | None:
    """A task's picture, or None when nobody annotated it."""
    where = f"{path}, task {task.get('id')}"
    data = take(task, "data", dict, where)
    source = _file_name(_address(data), where)
    done = [
        of_kind(row, dict, f"{where}: an annotation")
        for row in of_kind(task.get("annotations") or [], list, f"{where}: annotations")
    ]
    done = [row for row in done if not row.get("was_cancelled")]
    if len(done) > 1:
        raise LabelError(f"{where}: {len(done)} people annotated it: keep one of its annotations")
    if not done:
        return None
    rows = take(done[0], "result", list, where)
    width, height = _size(data, [*rows, *_predicted(task)], where)
    parts = []
    parents = {row.get("id"): row.get("parentID") for row in rows if isinstance(row, dict)}
    with_parts = {parent for parent in parents.values() if parent}
    for row in rows:
        at = f"{where}, result {row.get('id') if isinstance(row, dict) else shortened(row)}"
        kind = of_kind(row, dict, at).get("type")
        if kind not in _KINDS:
            if kind in ("relation", "choices", "textarea"):
                continue
            raise LabelError(f"{at}: a result of type {shortened(kind)} is no area: draw it again")
        if row.get("image_rotation"):
            raise LabelError(
                f"{at}: was drawn on a picture that Label Studio turned by {row['image_rotation']} degrees: "
                "turn it back there, and draw it again"
            )
        value = take(row, "value", dict, at)
        labels = take(value, kind, list, at)
        if len(labels) != 1:
            raise LabelError(f"{at}: must have one label, got {shortened(labels)}")
        id_ = row.get("id")
        parts.append(
            Part(
                names.find(labels[0], at),
                _read_shape(kind, value, width, height, at),
                row.get("parentID") or (id_ if id_ in with_parts else None),
                "ignored" in str((row.get("meta") or {}).get("text", "")),
                Origin(path.name, f"{task.get('id')}/{id_}"),
            )
        )
    instances = join_parts(parts, width, height)
    origin = Origin(path.name, str(task.get("id")))
    return LabelledRegion(0, "", "", 0, 0, width, height, source, instances, exact=False, origin=origin)


def _address(data: Row) -> str:
    """The picture's address: ``image``, else the first text that ends like a picture, else the first text."""
    image = data.get("image")
    if isinstance(image, str):
        return image
    texts = [text for text in data.values() if isinstance(text, str)]
    return next(filter(_PICTURE.search, texts), texts[0] if texts else "")


def _file_name(address: str, where: str) -> str:
    """The picture's path in an address: of an upload (a prefix of eight signs), or of a local file."""
    if not address:
        raise LabelError(f"{where}: its data names no picture")
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d")
    path = local[0] if local else unquote(parts.path)
    name = PurePosixPath(path).name
    prefix, dash, rest = name.partition("-")
    uploaded = "/upload/" in path and dash and len(prefix) == 8 and rest
    return rest if uploaded else path


def _predicted(task: Row) -> list[Any]:
    """The results of a task's predictions, which tell the size of its picture."""
    predictions = task.get("predictions") or []
    found = (row.get("result") for row in predictions if isinstance(row, dict))
    return [result for results in found if isinstance(results, list) for result in results]


def _size(data: Row, rows: list[Any], where: str) -> tuple[int, int]:
    for row in rows:
        if isinstance(row, dict) and all(key in row for key in _SIZE_KEYS):
            width, height = (take(row, key, int, where) for key in _SIZE_KEYS)
            break
    else:
        if not all(isinstance(data.get(key), int) for key in ("width", "height")):
            raise LabelError(f"{where}: nothing tells the size of its picture: leave the task out")
        width, height = data["width"], data["height"]
    check_size(width, height, where)
    return width, height


def _read_shape(kind: str, value: Row, width: int, height: int, where: str) -> Segmentation:
    if kind == "brushlabels":
        if value.get("format") != "rle":
            raise LabelError(f"{where}: a brush mask of format {shortened(value.get('format'))}, not rle")
        try:
            return encode_rle(unpack_brush(take(value, "rle", list, where), height, width))
        except ValueError as error:
            raise LabelError(f"{where}: its mask cannot be read ({error}): draw it again") from None
    if kind == "rectanglelabels":
        if value.get("rotation"):
            raise LabelError(f"{where}: a turned rectangle: draw it as a polygon")
        x, y, w, h = (take(value, key, float, where) for key in ("x", "y", "width", "height"))
        pairs: Any = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
    else:
        pairs = take(value, "points", list, where)
    if all(
        isinstance(pair, list) and [type(n) in (int, float) for n in pair] == [True] * 2 for pair in pairs
    ):
        sides = width / 100, height / 100
        pairs = [[share * side for share, side in zip(pair, sides, strict=False)] for pair in pairs]
    return (read_pairs(pairs, width, height, where),)


def _rows(label: Instance, group: int, region: LabelledRegion) -> list[Row]:
    common = {
        "from_name": "polygon",
        "to_name": "image",
        "image_rotation": 0,
        "original_width": region.width,
        "original_height": region.height,
        **({"meta": {"text": ["ignored"]}} if label.ignored else {}),
    }
    shape = label.segmentation
    if isinstance(shape, dict):
        value: Row = {"format": "rle", "rle": pack_brush(decode_rle(shape)), "brushlabels": [label.name]}
        return [common | {"id": f"{group}-1", "from_name": "brush", "type": "brushlabels", "value": value}]
    rows = []
    for number, polygon in enumerate(shape, 1):
        width, height = region.width / 100, region.height / 100
        points = [[share_of(x, width), share_of(y, height)] for x, y in pairs_of(polygon)]
        value = {"points": points, "polygonlabels": [label.name], "closed": True}
        parent = {"parentID": f"{group}-1"} if number > 1 else {}
        rows.append(common | {"id": f"{group}-{number}", "type": "polygonlabels", "value": value, **parent})
    return rows
