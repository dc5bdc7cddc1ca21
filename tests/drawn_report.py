"""A small project as it stands before its report: predictions have every kind of error."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from toonseg.geometry import encode_rle, rle_area, rle_box
from toonseg.images import encode
from toonseg.store import write_json

CLASSES = ("hair", '<script>document.title = "owned"</script>', "치마")
SERIES = ("한글 웹툰", "<img src=x onerror=alert(1)> \u202e\"'")
WIDTH, HEIGHT = 120, 90


def mask(x0: int, y0: int, x1: int, y1: int) -> Any:
    """A filled box as an Rle of a panel's size."""
    drawn = np.zeros((HEIGHT, WIDTH), bool)
    drawn[y0:y1, x0:x1] = True
    return encode_rle(drawn)


def label(class_id: int, box: tuple[int, int, int, int], iscrowd: int = 0) -> dict[str, Any]:
    """A label without its ids."""
    rle = mask(*box)
    x0, y0, x1, y1 = rle_box(rle)
    return {
        "category_id": class_id,
        "segmentation": rle,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": rle_area(rle),
        "iscrowd": iscrowd,
    }


def result(class_id: int, box: tuple[int, int, int, int], score: float) -> dict[str, Any]:
    """A prediction without its image."""
    return {"category_id": class_id, "segmentation": mask(*box), "bbox": [0, 0, 1, 1], "score": score}


LABELS = [label(1, (10, 10, 50, 50)), label(2, (60, 10, 100, 50)), label(3, (10, 60, 50, 85))]
FOUND = [
    result(1, (10, 10, 50, 48), 0.95),  # right
    result(1, (12, 10, 50, 50), 0.9),  # found twice
    result(3, (60, 10, 98, 50), 0.8),  # wrong class
    result(3, (10, 60, 30, 70), 0.7),  # badly placed
    result(2, (40, 72, 118, 88), 0.6),  # nothing there
    result(2, (62, 10, 100, 50), 0.3),  # right, below the threshold
]


def panel_picture(number: int) -> np.ndarray[Any, Any]:
    """A picture of soft shapes, another one for each number."""
    small = np.random.default_rng(number).integers(0, 256, (8, 10, 3), np.uint8)
    return cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def write_project(root: Path, test: int = 30, train: int = 4, unlabelled: int = 2) -> None:
    """Write what the report reads. The first training panel looks as the first test panel does.

    Panel number N of the test set has the first N % 7 predictions of ``FOUND``.
    """
    documents: dict[str, Any] = {}
    number = 0
    for side, count in (("test", test), ("train", train), ("unlabelled", unlabelled)):
        images, annotations = [], []
        for at in range(count):
            series = SERIES[at % 2]
            name = f"{series}/{at // 8 + 1}/{100 * number:06d}-0000.png"
            number += 1
            path = root / "data/panels" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            alike = 1 if (side, at) == ("train", 0) else number
            path.write_bytes(encode(panel_picture(alike), "png", 100))
            image = {"id": at + 1, "file_name": name, "width": WIDTH, "height": HEIGHT}
            images.append({**image, "series": series, "episode": str(at // 8 + 1)})
            if side != "unlabelled":
                annotations += [{**one, "image_id": at + 1} for one in LABELS]
        for id_, annotation in enumerate(annotations, 1):
            annotation["id"] = id_
        categories = [{"id": id_, "name": name} for id_, name in enumerate(CLASSES, 1)]
        documents[side] = {"images": images, "annotations": annotations, "categories": categories}
    write_json(root / "data/dataset/test.json", documents["test"])
    write_json(root / "data/dataset/train.json", documents["train"])
    write_json(root / "data/dataset/val.json", {**documents["train"], "images": [], "annotations": []})
    found = [{**one, "image_id": image + 1} for image in range(test) for one in FOUND[: image % 7]]
    write_json(root / "data/predictions/test.json", found)
    exported = [
        {**one, "image_id": image + 1, "source": "prediction", "iscrowd": 0}
        for image in range(unlabelled)
        for one in FOUND[:2]
    ]
    write_json(root / "data/exports/masks.json", {**documents["unlabelled"], "annotations": exported})
    cut = {"episodes": 4, "pages": 10, "bands": 20, "panels": 1234, "texts": 7}
    write_json(root / f"metrics/cut/{SERIES[0]}.json", cut)
    score = {"AP": 20.0, "AP50": 40.0, "AP75": 10.0}
    groups = {"class_AP50": dict.fromkeys(CLASSES, 40.0), "series_AP50": dict.fromkeys(SERIES, 40.0)}
    write_json(root / "metrics/evaluate.json", {"masks": score, "boxes": score, **groups})
    write_json(root / "metrics/split.json", {"leaks": {"near_duplicate_panels": 6}})
