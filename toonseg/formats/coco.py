"""COCO instance datasets: what training, scoring and most tools read.

Ids count from 1 everywhere: COCOeval takes annotation 0 for unmatched, and class 0 is background to
most models.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from toonseg.labels.project import Annotation, LabelledPanel


def categories(classes: Sequence[str]) -> list[dict[str, Any]]:
    """COCO's table of classes, in their order.

    >>> categories(["hair"])
    [{'id': 1, 'name': 'hair', 'supercategory': 'person'}]
    """
    return [{"id": id_, "name": name, "supercategory": "person"} for id_, name in enumerate(classes, 1)]


def dataset_document(
    panels: Iterable[LabelledPanel], classes: Sequence[str], digests: Mapping[str, str], name: str
) -> dict[str, Any]:
    """A COCO dataset of labelled panels; images and annotations keep the order given.

    ``file_name`` is relative to the folder of panels. Masks are run-length encoded, boxes and areas
    are those of the masks, and ``iscrowd`` 1 marks what is neither learned nor scored. Every
    annotation's class must be one of ``classes``. ``digests`` gives the SHA-256 of each file by its
    name, so that whoever depends on the dataset sees a changed picture, and no picture beside it.
    """
    ids = {name: id_ for id_, name in enumerate(classes, 1)}
    images, annotations = [], []
    for image_id, shown in enumerate(panels, 1):
        panel = shown.panel
        images.append(
            {
                "id": image_id,
                "file_name": panel.path,
                "sha256": digests[panel.path],
                "width": panel.x1 - panel.x0,
                "height": panel.y1 - panel.y0,
                "series": panel.series,
                "episode": panel.episode,
            }
        )
        annotations += [
            {"id": 0, "image_id": image_id, "category_id": ids[found.name], **_shape(found)}
            for found in shown.annotations
        ]
    for id_, annotation in enumerate(annotations, 1):
        annotation["id"] = id_
    return {
        "info": {"description": name},
        "images": images,
        "annotations": annotations,
        "categories": categories(classes),
    }


def _shape(annotation: Annotation) -> dict[str, Any]:
    x0, y0, x1, y1 = annotation.box
    return {
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": annotation.area,
        "iscrowd": int(annotation.ignored),
        "segmentation": annotation.rle,
    }
