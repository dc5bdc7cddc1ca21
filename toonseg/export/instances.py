"""What is exported of a panel: which masks, by whom, and in which order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Final, Literal, cast

import numpy as np
from annotated_types import Ge, Gt, Le, MinLen
from pycocotools import mask as coco_mask

from toonseg.export.pages import SharedPage
from toonseg.geometry import Box, Mask, Rle, decode_rle, rle_area, rle_box
from toonseg.images import Picture, encode
from toonseg.panels import read_panel_file
from toonseg.records import Panel
from toonseg.store import Source

LABEL: Final = "label"
PREDICTION: Final = "prediction"
Maker = Literal["label", "prediction"]
Side = Literal["train", "val", "test", "unlabelled"]


@dataclass(frozen=True)
class ExportParams:
    """Section ``export``: what goes out, and as what."""

    series: Annotated[list[str], MinLen(1)]
    classes: Annotated[list[str], MinLen(1)]
    layouts: Annotated[list[str], MinLen(1)]
    source: Literal["labels", "predictions", "both"]
    min_score: Annotated[float, Ge(0), Le(1)]
    max_overlap: Annotated[float, Gt(0), Le(1)]
    pixels: bool
    masks_licence: Annotated[str, MinLen(1)]
    device: Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class ExportInstance:
    """One mask of a panel's size, drawn by a person (``label``, score 1) or by the model."""

    class_id: int
    name: str
    rle: Rle
    box: Box
    area: int
    source: Maker
    score: float

    @cached_property
    def cut(self) -> Mask:
        """The mask inside its box (box height, box width); decoded once for all layouts."""
        return np.ascontiguousarray(decode_rle(self.rle, self.box))


@dataclass(frozen=True)
class ExportPanel:
    """A panel to export, without its pixels: its instances, the most trusted first.

    ``side`` says whether the model learnt from it, was tested on it, or nobody labelled it.
    """

    panel: Panel
    instances: tuple[ExportInstance, ...]
    side: Side

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.panel.x1 - self.panel.x0

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.panel.y1 - self.panel.y0


@dataclass(frozen=True)
class OpenPanel(ExportPanel):
    """A panel to export with its file's bytes and its RGB pixels (height, width, 3)."""

    data: bytes
    picture: Picture

    @property
    def png(self) -> bytes:
        """The panel as a PNG file, the one it has if it is one."""
        return self.data if self.panel.path.endswith(".png") else encode(self.picture, "png", 100)


@dataclass(frozen=True)
class Drawn:
    """What a layout makes of a panel: files by their paths in its folder, and rows of its table."""

    files: Mapping[str, bytes]
    rows: Sequence[Any] = ()


@dataclass(frozen=True)
class ExportJob:
    """What every layout may ask for.

    ``classes`` are the chosen ones by their ids, ``pages`` gives a series' pages without their pixels, and
    ``masks_licence`` is the licence under which masks may be shared.
    """

    classes: dict[int, str]
    pages: Callable[[str], Sequence[SharedPage]]
    masks_licence: str


def open_panel(panel: ExportPanel, file: Source) -> OpenPanel:
    """Read a panel's file. Raises ImageError when it is missing, damaged, or of another size."""
    data, picture = read_panel_file(file, panel.width, panel.height)
    instances = tuple(replace(instance) for instance in panel.instances)  # decoded masks go with the copies
    return OpenPanel(panel.panel, instances, panel.side, data, picture)


def choose_instances(
    labels: Sequence[Mapping[str, Any]],
    predictions: Sequence[Mapping[str, Any]],
    classes: Mapping[int, str],
    params: ExportParams,
) -> tuple[ExportInstance, ...]:
    """Choose among a panel's COCO annotations and COCO results, the most trusted first.

    Labels come before predictions, smaller labels before larger ones, likelier predictions before
    less likely ones. Regions that a person marked as ignored (``iscrowd``) and empty masks stay out. With
    both sources a person wins: a prediction is dropped when more than ``max_overlap`` of it lies on
    labels, of whatever class. ``classes`` names every class by its id.
    """
    drawn = [label for label in labels if not label["iscrowd"]] if params.source != "predictions" else []
    found = [
        result
        for result in (predictions if params.source != "labels" else ())
        if result["score"] >= params.min_score and not _claimed(result, drawn, params.max_overlap)
    ]
    instances = [
        *(_instance(label, classes, LABEL, 1.0) for label in drawn),
        *(_instance(result, classes, PREDICTION, float(result["score"])) for result in found),
    ]
    wanted = [instance for instance in instances if instance.area and instance.name in params.classes]
    return tuple(sorted(wanted, key=_trust))


def _trust(instance: ExportInstance) -> tuple[Any, ...]:
    return (
        instance.source != LABEL,
        -instance.score,
        instance.area,
        instance.class_id,
        instance.box,
        instance.rle["counts"],
    )


def _instance(
    annotation: Mapping[str, Any], classes: Mapping[int, str], source: Maker, score: float
) -> ExportInstance:
    rle = cast(Rle, dict(annotation["segmentation"]))
    class_id = annotation["category_id"]
    return ExportInstance(class_id, classes[class_id], rle, rle_box(rle), rle_area(rle), source, score)


def _claimed(result: Mapping[str, Any], drawn: Sequence[Mapping[str, Any]], max_overlap: float) -> bool:
    """Whether more than ``max_overlap`` of a predicted mask lies on what a person drew."""
    area = rle_area(cast(Rle, result["segmentation"]))
    if not drawn or not area:
        return False
    labelled: Any = coco_mask.merge([label["segmentation"] for label in drawn])
    shared = coco_mask.area(coco_mask.merge([labelled, cast(Any, result["segmentation"])], intersect=True))
    return bool(shared > max_overlap * area)
