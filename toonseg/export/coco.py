"""Layout ``coco``: the panels untouched and COCO files with run-length encoded masks.

    coco/
      annotations/instances_SIDE.json      SIDE is train, val, test or unlabelled; ids from 1 in each
      images/SERIES/EPISODE/Y0-X0.png      file_name is the path below images/

An annotation says its source (label or prediction) and score. Categories keep the ids that they have in
the project's datasets; only the chosen ones are listed. Read by pycocotools, Detectron2, MMDetection.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toonseg.export.instances import Drawn, ExportInstance, ExportJob, ExportPanel, OpenPanel, Side


class CocoFile:
    """Writes the masks of one panel after another to a COCO file; ids count from 1.

    Annotations go to the file at once: they would soon fill the memory.
    """

    def __init__(self, path: Path, job: ExportJob) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._categories = [{"id": class_id, "name": name} for class_id, name in job.classes.items()]
        self._images: list[dict[str, Any]] = []
        self._count = 0
        path.write_text('{"annotations": [', encoding="utf-8")

    def add(self, panel: ExportPanel) -> None:
        """Note a panel, and write its instances."""
        which = panel.panel
        number = len(self._images) + 1
        self._images.append(
            {
                "id": number,
                "file_name": which.path,
                "width": panel.width,
                "height": panel.height,
                "series": which.series,
                "episode": which.episode,
                "side": panel.side,
            }
        )
        with self._path.open("a", encoding="utf-8") as file:
            for instance in panel.instances:
                comma = "," if self._count else ""
                self._count += 1
                file.write(f"{comma}\n{_text(_annotation(self._count, number, instance))}")

    def close(self) -> None:
        """Write what needed all panels."""
        images = ",\n".join(map(_text, self._images))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f'],\n"categories": {_text(self._categories)},\n"images": [\n{images}]}}\n')


class Coco:
    """Copies panels, and writes the annotations of one after another."""

    holds_pixels = True

    def __init__(self, folder: Path, job: ExportJob) -> None:
        self._folder = folder
        self._job = job
        self._files: dict[Side, CocoFile] = {}

    def name(self, panel: ExportPanel) -> str:
        """The path that the panel has in its project."""
        return panel.panel.path

    @staticmethod
    def draw(panel: OpenPanel, name: str, _: Mapping[int, str]) -> Drawn:
        """The panel's file as it is."""
        return Drawn({f"images/{name}": panel.data})

    def note(self, panel: ExportPanel, _: Sequence[Any]) -> None:
        """Write a panel's instances to the file of its side."""
        if panel.side not in self._files:
            annotations = self._folder / f"annotations/instances_{panel.side}.json"
            self._files[panel.side] = CocoFile(annotations, self._job)
        self._files[panel.side].add(panel)

    def close(self) -> None:
        """Write what needed all panels."""
        for file in self._files.values():
            file.close()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)


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
