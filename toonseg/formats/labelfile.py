"""The project's label files, ``data/labels/SERIES.json``, read and checked.

They are COCO files of which each image is a region of a strip; docs/labels.md tells every key. People
edit them and tools write them, so all of a file is checked, and every error names the file and the id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from toonseg.errors import LabelError
from toonseg.formats.checks import SLACK_PX, check_size, of_kind, read_shape, rows_of, shortened, take
from toonseg.geometry import FARTHEST_PX, box_area, intersection
from toonseg.labels.anchors import astray
from toonseg.labels.names import ClassNames
from toonseg.labels.regions import Instance, LabelledRegion, Origin, PageUnder, Replaced, SeriesLabels
from toonseg.records import Placement, natural_key
from toonseg.store import read_json

Row = dict[str, Any]


def read_label_folder(
    folder: Path, classes: Sequence[str], strips: Mapping[str, Mapping[str, Sequence[Placement]]]
) -> tuple[list[LabelledRegion], list[Path]]:
    """Read the label files of every declared series, and list the files of other series.

    ``strips`` gives, for each declared series, the pages of its episodes' strips. A file of another series is
    not read: a series may leave params.yaml without its labels. No folder gives nothing. Raises LabelError as
    ``read_labels`` does, and for a region whose pages have moved.
    """
    regions: list[LabelledRegion] = []
    others = []
    for path in sorted(folder.glob("[!.]*.json")):
        if path.stem in strips:
            heights = {its: max(page.y1 for page in pages) for its, pages in strips[path.stem].items()}
            found = read_labels(path, classes, heights).regions
            _refuse_astray(found, strips[path.stem], path)
            regions += found
        else:
            others.append(path)
    return regions, others


def read_labels(
    path: Path, classes: Sequence[str], heights_px: Mapping[str, int] | None = None
) -> SeriesLabels:
    """Read a label file, whose name is its series; regions come sorted by episode and place.

    ``heights_px`` are those of the strips of the series' episodes; where given, a placed region must lie
    on one of them. Raises LabelError (ToonsegError for what is no JSON), in one sentence with the file
    and the id, for everything that cannot be meant.
    """
    document = read_json(path)
    if not isinstance(document, dict):
        raise LabelError(f"{path}: must be a COCO file, a mapping with images, annotations and categories")
    _check_series(document, path)
    names = _read_categories(document, path, classes)
    rows: dict[int, list[tuple[int, Row]]] = {}
    images = dict(rows_of(document, "images", path))
    for id_, row in rows_of(document, "annotations", path):
        where = f"{path}, annotation {id_}"
        image_id = take(row, "image_id", int, where)
        if image_id not in images:
            raise LabelError(f"{where}: its image {image_id} is not in the file: add the image or remove it")
        rows.setdefault(image_id, []).append((id_, row))
    regions = []
    for image_id, image in images.items():
        region = _read_region(image_id, image, path)
        check_place(region, f"{path}, image {region.id}", heights_px)
        drawn = [_read_instance(id_, row, names, region, path) for id_, row in rows.get(image_id, [])]
        regions.append(replace(region, instances=tuple(sorted(drawn, key=lambda instance: instance.id))))
    regions.sort(key=lambda region: (natural_key(region.episode), region.y0, region.x0, region.id))
    _refuse_doubles(regions, path)
    history = _read_history(document, path, names)
    return SeriesLabels(path.stem, tuple(regions), history)


def _check_series(document: Row, path: Path) -> None:
    info = take(document, "info", dict, str(path))
    series = take(info, "series", str, f"{path}, info")
    if series != path.stem:
        raise LabelError(f"{path}: its info names the series '{series}': correct it, or rename the file")


def _read_categories(document: Row, path: Path, classes: Sequence[str]) -> dict[int, str]:
    """The class of each category id."""
    known = ClassNames(tuple(classes))
    names: dict[int, str] = {}
    for id_, row in rows_of(document, "categories", path):
        where = f"{path}, category {id_}"
        name = known.find(take(row, "name", str, where), where)
        if name in names.values():
            raise LabelError(f"{where}: the class '{name}' stands there twice: keep one id for it")
        names[id_] = name
    return names


def _read_region(id_: int, row: Row, path: Path) -> LabelledRegion:
    """An image of the file as a region, without its instances."""
    where = f"{path}, image {id_}"
    exact = row.get("exact", True)
    if not isinstance(exact, bool):
        raise LabelError(f"{where}: exact must be true or false, got {exact!r}")
    known = exact or row.get("episode") is not None
    episode = take(row, "episode", str, where) if known else ""
    x0, y0, width, height = (take(row, key, int, where) for key in ("x0", "y0", "width", "height"))
    check_size(width, height, where)
    scale = of_kind(row.get("scale", 1.0), float, f"{where}: scale")
    if not 0.01 <= scale <= 100:
        raise LabelError(f"{where}: a scale of {scale} cannot be meant: it lies between 0.01 and 100")
    pages = of_kind(row.get("pages", []), list, f"{where}: pages")
    return LabelledRegion(
        id_,
        path.stem,
        episode,
        x0,
        y0,
        width,
        height,
        take(row, "file_name", str, where),
        (),
        scale,
        exact and bool(episode),
        tuple(_read_page(page, where) for page in pages),
        _read_origin(row, where),
    )


def _read_page(row: Any, where: str) -> PageUnder:
    page = of_kind(row, dict, f"{where}: a page")
    y0, y1 = (take(page, key, int, f"{where}, pages") for key in ("y0", "y1"))
    return PageUnder(take(page, "sha256", str, f"{where}, pages"), y0, y1)


def _read_origin(row: Row, where: str) -> Origin | None:
    if row.get("origin") is None:
        return None
    origin = take(row, "origin", dict, where)
    return Origin(take(origin, "file", str, f"{where}, origin"), take(origin, "id", str, f"{where}, origin"))


def check_place(region: LabelledRegion, where: str, heights_px: Mapping[str, int] | None = None) -> None:
    """Refuse a placed region that can lie on no strip, or on none of those given by episode and height."""
    if fault := place_fault(region, heights_px):
        raise LabelError(f"{where}: {fault}")


def place_fault(region: LabelledRegion, heights_px: Mapping[str, int] | None = None) -> str:
    """What keeps a placed region from lying on a strip, or on those given by height; empty for nothing."""
    if not region.placed:
        return ""
    anchor = f"its anchor (x0 {shortened(region.x0)}, y0 {shortened(region.y0)})"
    if region.x0 < 0 or region.y0 < 0:
        return f"{anchor} is negative, so it lies outside the strip: correct it"
    if max(region.x0, region.y0) > FARTHEST_PX:
        return f"{anchor} is farther than any strip reaches ({FARTHEST_PX} px): correct it"
    if heights_px is None:
        return ""
    if region.episode not in heights_px:
        known = sorted(heights_px, key=natural_key)
        listed = ", ".join(known) if len(known) <= 12 else f"{known[0]} to {known[-1]}"
        return (
            f"its episode '{region.episode}' is not among those of series.{region.series} in "
            f"params.yaml ({listed}): declare it there, or remove the image and its annotations"
        )
    if region.box[3] > heights_px[region.episode] + SLACK_PX:
        return (
            f"reaches down to row {region.box[3]}, but the strip of episode {region.episode} ends "
            f"at row {heights_px[region.episode]}: correct its y0 or its episode"
        )
    return ""


def _read_instance(
    id_: int, row: Row, names: Mapping[int, str], region: LabelledRegion, path: Path, part: str = ""
) -> Instance:
    where = f"{path}, {part}annotation {id_} of image {region.id}"
    category = take(row, "category_id", int, where)
    if category not in names:
        raise LabelError(f"{where}: its category {category} is not in the file's categories: correct it")
    if row.get("iscrowd", 0) not in (0, 1):
        raise LabelError(f"{where}: iscrowd must be 0 or 1, got {row['iscrowd']!r}")
    shape = read_shape(row.get("segmentation"), region.width, region.height, where)
    return Instance(id_, names[category], shape, bool(row.get("iscrowd", 0)), _read_origin(row, where))


def _read_history(document: Row, path: Path, names: Mapping[int, str]) -> tuple[Replaced, ...]:
    history = []
    for row in of_kind(document.get("history", []), list, f"{path}: history"):
        where = f"{path}, history"
        region = _read_region(take(of_kind(row, dict, where), "id", int, where), row, path)
        labels = [of_kind(label, dict, where) for label in take(row, "annotations", list, where)]
        instances = tuple(
            _read_instance(take(label, "id", int, where), label, names, region, path, "history, ")
            for label in labels
        )
        history.append(Replaced(replace(region, instances=instances), take(row, "replaced_by", str, where)))
    return tuple(history)


def _refuse_astray(
    regions: Sequence[LabelledRegion], strips: Mapping[str, Sequence[Placement]], path: Path
) -> None:
    """Refuse regions whose pages have moved on their strip since they were anchored."""
    rows = {episode: [(page.y0, page.y1) for page in pages] for episode, pages in strips.items()}
    for region in regions:
        if region.placed and astray(region, rows[region.episode]):
            raise LabelError(
                f"{path}, image {region.id}: the pages under it lie elsewhere on the strip of episode "
                f"{region.episode} now: run `toonseg labels anchor --series {path.stem}`, which follows them"
            )


def _refuse_doubles(regions: Sequence[LabelledRegion], path: Path) -> None:
    """Two regions of the same rows would give every instance twice; a shared edge does no harm.

    ``regions`` come sorted by episode and y0.
    """
    placed = [region for region in regions if region.placed]
    for index, region in enumerate(placed):
        for other in placed[index + 1 :]:
            if other.episode != region.episode or other.y0 >= region.box[3]:
                break
            shared = box_area(intersection(region.box, other.box))
            if 2 * shared > min(box_area(region.box), box_area(other.box)):
                raise LabelError(
                    f"{path}: the images {region.id} and {other.id} label the same part of episode "
                    f"{region.episode}: keep one of them, with its annotations"
                )
