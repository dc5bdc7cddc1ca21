"""A trained torchvision Mask R-CNN at work: pictures in, COCO results out."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, islice
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.models.detection import MaskRCNN

from toonseg.engines import memory
from toonseg.engines.base import LOOK_AHEAD, Coco
from toonseg.engines.data import fit_scale, resized
from toonseg.engines.model_dir import CARD
from toonseg.engines.small import SIZE_DIVISIBLE
from toonseg.geometry import Mask, encode_window
from toonseg.images import Picture

T = TypeVar("T")

_BATCH = 8
_ROI_ALIGN_SHIFT_PX = 0.5  # see _drawn


class TorchvisionPredictor:
    """A model directory of the engine torchvision, in memory; see ``toonseg.engines.base.Predictor``."""

    def __init__(self, model: MaskRCNN, device: torch.device, card: dict[str, Any]) -> None:
        self._model = model.to(device, memory_format=torch.channels_last).eval()
        self._model.roi_heads.nms_thresh = card["thresholds"]["nms_iou"]
        self._model.roi_heads.detections_per_img = card["thresholds"]["detections"]
        self._device = device
        self._mask_threshold: float = card["thresholds"]["mask"]
        self._params: dict[str, Any] = card["params"]
        self.classes = tuple(card["classes"])

    def predict(self, images: Iterable[tuple[int, Picture]], score_floor: float) -> list[Coco]:
        """Find the instances in pictures.

        Pictures share a batch only where they are padded to the same size, so that what lies beside a
        picture has no say in what is found in it; rounding in the last digits may. A batch that a GPU
        cannot hold is tried once more picture by picture. Raises EngineError when memory does not do.
        """
        self._model.roi_heads.score_thresh = score_floor
        # On a CPU each batch keeps to one core and several are worked on at a time: operations as short as
        # these gain little from two cores, and so the results do not hang on how many there are.
        on_cpu = self._device.type == "cpu"
        threads = self._params["threads"] if on_cpu else 1
        with ThreadPoolExecutor(threads, initializer=_keep_to_one_core if on_cpu else None) as pool:
            chunks = _chunks(iter(images), LOOK_AHEAD)
            sides = f"params.short_side_px ({self._params['short_side_px']}) or params.long_side_px"
            with memory.enough("pictures were predicted", f"lower {sides} in the model's {CARD}"):
                return [result for chunk in chunks for result in self._predict(chunk, pool)]

    def _predict(self, images: list[tuple[int, Picture]], pool: ThreadPoolExecutor) -> Iterator[Coco]:
        """Results of a few pictures, in their order."""
        inputs = list(pool.map(self._input, [picture for _, picture in images]))
        order = sorted(range(len(images)), key=lambda place: _padded(inputs[place][0]))
        batches = [
            some
            for _, places in groupby(order, key=lambda place: _padded(inputs[place][0]))
            for some in _chunks(places, _BATCH)
        ]

        def look(places: list[int]) -> list[list[Coco]]:
            outputs = self._run_with_care([inputs[place][0] for place in places])
            return [
                list(self._results(*images[place], inputs[place][1], found))
                for place, found in zip(places, outputs, strict=True)
            ]

        results: dict[int, list[Coco]] = {}
        for places, its_results in zip(batches, pool.map(look, batches), strict=True):
            results.update(zip(places, its_results, strict=True))
        for place in range(len(images)):
            yield from results[place]

    def _input(self, picture: Picture) -> tuple[torch.Tensor, float]:
        """The picture as the network wants it, (3, h, w) from 0 to 1, and the factor of its size."""
        height, width = picture.shape[:2]
        scale = fit_scale(height, width, self._params["short_side_px"], self._params["long_side_px"])
        tensor = torch.from_numpy(np.ascontiguousarray(resized(picture, scale)))
        return tensor.to(self._device).permute(2, 0, 1).float() / 255, scale

    def _run_with_care(self, inputs: list[torch.Tensor]) -> list[dict[str, NDArray[Any]]]:
        """As ``_run``, but a batch that a GPU cannot hold is run once more, picture by picture."""
        try:
            return self._run(inputs)
        except RuntimeError as error:
            if self._device.type != "cuda" or len(inputs) == 1 or not memory.ran_out(error):
                raise
        memory.release(self._device)  # here nothing holds the batch's tensors any more
        return [found for one in inputs for found in self._run([one])]

    def _run(self, inputs: list[torch.Tensor]) -> list[dict[str, NDArray[Any]]]:
        """The network's boxes, labels, scores and masks of 28 x 28 probabilities, in its own frame."""
        bf16 = self._params["precision"] == "bf16"
        with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16, enabled=bf16):
            outputs = self._model(inputs)
        return [
            {
                name: (value.float() if value.is_floating_point() else value).cpu().numpy()
                for name, value in output.items()
            }
            for output in outputs
        ]

    def _results(
        self, number: int, picture: Picture, scale: float, found: dict[str, NDArray[Any]]
    ) -> Iterator[Coco]:
        """COCO results of one picture; an instance without a pixel is left out."""
        height, width = picture.shape[:2]
        inner_h, inner_w = max(1, round(height * scale)), max(1, round(width * scale))
        factor = np.array([width / inner_w, height / inner_h])
        boxes = found["boxes"].astype(np.float64) * np.tile(factor, 2)
        for box, label, score, mask in zip(
            boxes, found["labels"], found["scores"], found["masks"][:, 0], strict=True
        ):
            drawn, x0, y0 = _drawn(
                mask, box, (height, width), factor * _ROI_ALIGN_SHIFT_PX, self._mask_threshold
            )
            if not drawn.any():
                continue
            yield {
                "image_id": number,
                "category_id": int(label),
                "bbox": [round(float(value), 2) for value in (*box[:2], *(box[2:] - box[:2]))],
                "score": round(float(score), 6),
                "segmentation": encode_window(drawn, (x0, y0), height, width),
            }


def _keep_to_one_core() -> None:
    """Let this thread do torch's work alone."""
    torch.set_num_threads(1)


def _drawn(
    mask: NDArray[np.float32],
    box_xyxy: NDArray[np.float64],
    size: tuple[int, int],
    shift_px: NDArray[np.float64],
    threshold: float,
) -> tuple[Mask, int, int]:
    """The pixels of a picture of ``size`` (h, w) that a box's mask covers: a window, and its x0 and y0.

    The cells of ``mask`` are spread over the box bilinearly. In training torchvision samples the true
    masks by RoIAlign with ``aligned=False``: what it takes for the place t lies at t + 0.5 pixels of the
    network's frame. ``shift_px`` (x, y), that half pixel in the picture's frame, undoes it.
    """
    height, width = size
    rows, columns = mask.shape
    upper, down, y0 = _taps(rows, box_xyxy[1] + shift_px[1], box_xyxy[3] + shift_px[1], height)
    left, right, x0 = _taps(columns, box_xyxy[0] + shift_px[0], box_xyxy[2] + shift_px[0], width)
    cells = np.zeros((columns + 2, rows + 2))  # column by column, as runs are counted
    cells[1:-1, 1:-1] = mask.T
    # Not as products of matrices: BLAS would start threads of its own in each of the pool's.
    lines = _mixed(cells, left, right[:, None], axis=0)
    return (_mixed(lines, upper, down, axis=1) > threshold).T, x0, y0


def _mixed(
    values: NDArray[np.float64], lower: NDArray[np.intp], share: NDArray[np.float64], axis: int
) -> NDArray[np.float64]:
    """Values along an axis at ``lower``, each mixed with a ``share`` of the one after it."""
    mixed = values.take(lower, axis)
    mixed *= 1 - share  # in place: to make another array of this size takes longer than to fill it
    following = values.take(lower + 1, axis)
    following *= share
    mixed += following
    return mixed


def _taps(
    cells: int, start: float, end: float, length: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], int]:
    """For the pixels of a span, the first of two cells to mix, the share of the second, and the first pixel.

    The cells divide ``start`` to ``end`` evenly and count from 1; cell 0 and the one after the last are
    those beyond them, where all is 0.
    """
    first = min(max(0, int(np.floor(start))), length)
    centres = np.arange(first, min(length, int(np.ceil(end)))) + 0.5
    places = np.clip((centres - start) / max(end - start, 1e-6) * cells + 0.5, 0, cells + 1)
    lower = np.minimum(places.astype(np.intp), cells)
    return lower, places - lower, first


def _padded(tensor: torch.Tensor) -> tuple[int, ...]:
    """Height and width of a picture after padding, in units of it."""
    return tuple(-(-side // SIZE_DIVISIBLE) for side in tensor.shape[1:])


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    items = iter(items)
    while chunk := list(islice(items, size)):
        yield chunk
