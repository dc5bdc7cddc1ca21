"""Layout ``coco``: the panels untouched and COCO files with run-length encoded masks.

    coco/
      annotations/instances_SIDE.json      SIDE is train, test or unlabelled; ids from 1 in each
      images/SERIES/EPISODE/Y0-X0.png      file_name is the path below images/

An annotation says its source (label or prediction) and score. Categories keep the ids that they have in
the project's datasets; only the chosen ones are listed. Read by pycocotools, Detectron2, MMDetection.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from toonseg.export.instances import ExportInstance, ExportJob, ExportPanel, Side
from toonseg.store import write_json


class CocoDocument:
    """Masks of one panel after another as a COCO file; ids count from 1."""

    def __init__(self, job: ExportJob) -> None:
        self._document: dict[str, list[dict[str, Any]]] = {
            "images": [],
            "annotations": [],
            "categories": [{"id": class_id, "name": name} for class_id, name in job.classes.items()],
        }

    def add(self, panel: ExportPanel) -> None:
        """Note a panel and its instances."""
        which, (height, width) = panel.panel, panel.picture.shape[:2]
        images, annotations = self._document["images"], self._document["annotations"]
        number = len(images) + 1
        images.append(
            {
                "id": number,
                "file_name": which.path,
                "width": width,
                "height": height,
                "series": which.series,
                "episode": which.episode,
                "side": panel.side,
            }
        )
        for instance in panel.instances:
            annotations.append(_annotation(len(annotations) + 1, number, instance))

    def write(self, path: Path) -> None:
        """Write the file."""
        write_json(path, self._document)


class Coco:
    """Copies one panel after another, then writes their annotations."""

    holds_pixels = True

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder = folder
        self._documents: dict[Side, CocoDocument] = defaultdict(lambda: CocoDocument(job))

    def add(self, panel: ExportPanel) -> None:
        """Copy a panel's file and note its instances."""
        path = self._folder / "images" / panel.panel.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(panel.data)
        self._documents[panel.side].add(panel)

    def close(self) -> None:
        """Write a COCO file for each side that has panels."""
        for side, document in self._documents.items():
            document.write(self._folder / f"annotations/instances_{side}.json")


def _annotation(number: int, image: int, instance: ExportInstance) -> dict[str, Any]:
    x0, y0, x1, y1 = instance.box
    return {
        "id": number,
        "image_id": image,
        "category_id": instance.class_id,
        "segmentation": instance.rle,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": instance.area,
        "iscrowd": 0,
        "source": instance.source,
        "score": instance.score,
    }
