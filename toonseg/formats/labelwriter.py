"""The project's label files, written whole; ``labelfile`` reads them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toonseg.formats.coco import categories
from toonseg.geometry import rle_area, rle_box, segmentation_rle
from toonseg.labels.regions import Instance, LabelledRegion, Origin, SeriesLabels
from toonseg.store import write_bytes

Row = dict[str, Any]


def write_labels(path: Path, labels: SeriesLabels, classes: Sequence[str]) -> None:
    """Write a label file whole: regions and instances in their order, with the ids that they have."""
    write_bytes(path, label_text(label_document(labels, classes)).encode())


def label_document(labels: SeriesLabels, classes: Sequence[str]) -> dict[str, Any]:
    """The COCO document of a series' labels. Every instance's class must be one of ``classes``."""
    ids = {name: id_ for id_, name in enumerate(classes, 1)}
    annotations = [
        {"image_id": region.id, **_instance_row(label, region, ids)}
        for region in labels.regions
        for label in region.instances
    ]
    document: dict[str, Any] = {
        "info": {
            "series": labels.series,
            "description": "Labels on the strips of a webtoon: docs/labels.md tells the keys",
        },
        "categories": categories(classes),
        "images": [_region_row(region) for region in labels.regions],
        "annotations": annotations,
    }
    if labels.history:
        document["history"] = [
            {
                **_region_row(old.region),
                "replaced_by": old.by,
                "annotations": [_instance_row(label, old.region, ids) for label in old.region.instances],
            }
            for old in labels.history
        ]
    return document


def label_text(document: dict[str, Any]) -> str:
    """A label file's text: sorted keys, an image or annotation a line, so that Git compares rows."""
    parts = []
    for key, value in sorted(document.items()):
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
        if isinstance(value, list) and value:
            rows = (json.dumps(row, ensure_ascii=False, sort_keys=True, allow_nan=False) for row in value)
            text = "[\n  " + ",\n  ".join(rows) + "\n ]"
        parts.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _region_row(region: LabelledRegion) -> Row:
    row: Row = {
        "id": region.id,
        "file_name": region.source,
        "width": region.width,
        "height": region.height,
        "episode": region.episode or None,
        "x0": region.x0,
        "y0": region.y0,
    }
    if not region.placed:
        row["exact"] = False
    if region.scale != 1:
        row["scale"] = region.scale
    if region.pages:
        row["pages"] = [{"sha256": page.sha256, "y0": page.y0, "y1": page.y1} for page in region.pages]
    return row | _origin_row(region.origin)


def _instance_row(label: Instance, region: LabelledRegion, ids: Mapping[str, int]) -> Row:
    rle = segmentation_rle(label.segmentation, region.height, region.width)
    x0, y0, x1, y1 = rle_box(rle)
    return {
        "id": label.id,
        "category_id": ids[label.name],
        "segmentation": label.segmentation,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": rle_area(rle),
        "iscrowd": int(label.ignored),
        **_origin_row(label.origin),
    }


def _origin_row(origin: Origin | None) -> Row:
    return {"origin": {"file": origin.file, "id": origin.id}} if origin else {}
