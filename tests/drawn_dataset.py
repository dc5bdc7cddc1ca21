"""A COCO dataset of drawn shapes that a model can learn in seconds: dark discs and red rectangles."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from toonseg.engines.base import Step, TrainParams
from toonseg.images import Picture, encode

CLASSES = ("disc", "rectangle")


def draw(number: int) -> tuple[Picture, list[tuple[int, Any]]]:
    """A picture of 128 x 96 pixels, and its instances: category id and bool mask."""
    random = np.random.default_rng([7, number])
    height, width = 96, 128
    picture = np.full((height, width, 3), random.integers(150, 255, 3), np.uint8)
    instances = []
    for category, middle in ((1, 32), (2, 96)):
        mask = np.zeros((height, width), np.uint8)
        x, y = middle + int(random.integers(-8, 8)), int(random.integers(30, 66))
        r = int(random.integers(14, 24))
        if category == 1:
            cv2.circle(mask, (x, y), r, 1, -1)
        else:
            cv2.rectangle(mask, (x - r, y - r // 2), (x + r, y + r), 1, -1)
        picture[mask > 0] = (40, 30, 30) if category == 1 else (220, 40, 40)
        instances.append((category, mask > 0))
    return picture, instances


def annotation(number: int, image: int, category: int, mask: Any, iscrowd: int = 0) -> dict[str, Any]:
    """A row of a COCO dataset."""
    rle: Any = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": coco_mask.toBbox(rle).tolist(),
        "area": int(coco_mask.area(rle)),
        "iscrowd": iscrowd,
        "segmentation": {"size": list(rle["size"]), "counts": rle["counts"].decode()},
    }


def write_dataset(pictures: Path, count: int) -> dict[str, Any]:
    """Write ``count`` drawn pictures, and give the COCO dataset of them."""
    coco: dict[str, Any] = {
        "images": [],
        "annotations": [],
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES, 1)],
    }
    (pictures / "drawn/1").mkdir(parents=True)
    for number in range(1, count + 1):
        picture, instances = draw(number)
        name = f"drawn/1/{number:06d}-0000.png"
        (pictures / name).write_bytes(encode(picture, "png", 100))
        coco["images"].append({"id": number, "file_name": name, "width": 128, "height": 96})
        for category, mask in instances:
            coco["annotations"].append(annotation(len(coco["annotations"]) + 1, number, category, mask))
    return coco


VALUES: dict[str, Any] = {
    "engine": "torchvision",
    "profile": "small",
    "init": "",
    "heads": "keep",
    "iterations": 6,
    "batch": 2,
    "short_side_px": 64,
    "long_side_px": 128,
    "first_size": 1.0,
    "scale_min": 0.9,
    "scale_max": 1.1,
    "flip": 0.5,
    "colour_jitter": 0.2,
    "learning_rate": 0.001,
    "weight_decay": 0.05,
    "warmup_iterations": 2,
    "clip_norm": 5.0,
    "seed": 1,
    "threads": 1,
    "precision": "fp32",
    "device": "cpu",
    "keep": "last",
    "validate_every": 3,
    "checkpoint_every": 2,
    "log_every": 2,
}


def tiny(**changes: Any) -> TrainParams:
    """Parameters of a training that takes a second or two."""
    return TrainParams(**{**VALUES, **changes})


class Heard:
    """A Watcher that remembers."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.scores: list[tuple[int, float]] = []
        self.notes: list[str] = []

    def step(self, step: Step) -> None:
        """Remember it."""
        self.steps.append(step)

    def score(self, iteration: int, ap: float) -> None:
        """Remember it."""
        self.scores.append((iteration, ap))

    def note(self, sentence: str) -> None:
        """Remember it."""
        self.notes.append(sentence)
