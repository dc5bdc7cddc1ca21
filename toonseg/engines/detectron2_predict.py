"""A trained model of Detectron2 at work: pictures in, COCO results out."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from detectron2.data import transforms as T  # noqa: N812  # its own custom
from detectron2.evaluation.coco_evaluation import instances_to_coco_json

from toonseg.engines.base import Coco
from toonseg.images import Picture

MOST = 100  # predictions a picture


class Detectron2Predictor:
    """A model directory of the engine detectron2, in memory; see ``toonseg.engines.base.Predictor``."""

    def __init__(self, network: torch.nn.Module, cfg: Any, classes: tuple[str, ...]) -> None:
        self._network = network.eval()
        self._resize = T.ResizeShortestEdge([cfg.INPUT.MIN_SIZE_TEST] * 2, cfg.INPUT.MAX_SIZE_TEST)
        self._bgr = cfg.INPUT.FORMAT == "BGR"
        self.classes = classes

    def predict(self, images: Iterable[tuple[int, Picture]], score_floor: float) -> list[Coco]:
        """Find the instances in pictures, one picture at a time."""
        parts: list[Any] = [part for part in self._network.modules() if hasattr(part, "test_score_thresh")]
        for part in parts:
            part.test_score_thresh, part.test_topk_per_image = score_floor, MOST
        return [result for number, picture in images for result in self._predict(number, picture)]

    def _predict(self, number: int, picture: Picture) -> Iterator[Coco]:
        height, width = picture.shape[:2]
        given = picture[:, :, ::-1] if self._bgr else picture
        shown = self._resize.get_transform(given).apply_image(np.ascontiguousarray(given))
        tensor = torch.from_numpy(np.ascontiguousarray(shown.transpose(2, 0, 1)).astype(np.float32))
        with torch.inference_mode():
            found = self._network([{"image": tensor, "height": height, "width": width}])[0]["instances"]
        results = instances_to_coco_json(found.to("cpu"), number)
        for result, mask in zip(results, found.pred_masks.flatten(1).any(1).tolist(), strict=True):
            if mask:
                box = [round(float(value), 2) for value in result["bbox"]]
                its = {
                    "category_id": result["category_id"] + 1,
                    "bbox": box,
                    "score": round(result["score"], 6),
                }
                segmentation = {"size": [height, width], "counts": result["segmentation"]["counts"]}
                yield {"image_id": number, "segmentation": segmentation, **its}
