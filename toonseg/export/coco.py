"""Layout ``coco``: the panels untouched and one COCO file with run-length encoded masks.

    coco/
      instances.json                       ids from 1; an annotation says its source and score
      images/SERIES/EPISODE/Y0-X0.png      file_name is the path below images/

Categories keep the ids that they have in the project's datasets; only the chosen ones are listed.
"""

from pathlib import Path
from typing import Any

from toonseg.export.instances import ExportInstance, ExportPanel
from toonseg.store import write_json


class Coco:
    """Copies one panel after another, then writes their annotations."""

    def __init__(self, folder: Path, classes: dict[int, str]) -> None:
        self._folder = folder
        self._categories = [{"id": class_id, "name": name} for class_id, name in classes.items()]
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def add(self, panel: ExportPanel) -> None:
        """Copy a panel's file and note its instances."""
        which = panel.panel
        path = self._folder / "images" / which.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(panel.data)
        height, width = panel.picture.shape[:2]
        number = len(self._images) + 1
        self._images.append(
            {
                "id": number,
                "file_name": which.path,
                "width": width,
                "height": height,
                "series": which.series,
                "episode": which.episode,
            }
        )
        for instance in panel.instances:
            self._annotations.append(_annotation(len(self._annotations) + 1, number, instance))

    def close(self) -> None:
        """Write the COCO file."""
        document = {
            "images": self._images,
            "annotations": self._annotations,
            "categories": self._categories,
        }
        write_json(self._folder / "instances.json", document)


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
