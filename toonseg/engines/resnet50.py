"""The profile ``base``: torchvision's Mask R-CNN with a ResNet-50 and a feature pyramid.

Its weights may come from torchvision or from Detectron2, which put some things half a pixel apart. So the
model is built in either's ``Arrangement``, and the model directory says which.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.resnet import resnet50
from torchvision.ops import FrozenBatchNorm2d, MultiScaleRoIAlign, roi_align

from toonseg.engines.small import THRESHOLDS, PreparedTransform

_ANCHOR_SIDES_PX = (32, 64, 128, 256, 512)  # one a level: strides 4, 8, 16, 32, 64
_ANCHOR_RATIOS = (0.5, 1.0, 2.0)
_LEVELS = ["0", "1", "2", "3"]
_FROZEN = ("conv1.", "bn1.", "layer1.")  # of the body: pre-trained edges and colours need no more learning


@dataclass(frozen=True)
class Structure:
    """How the network is built, as the model directory keeps it.

    ``frozen_norms``: pre-trained statistics of BatchNorm stay, as do the first layers. Else all learns.
    ``arrangement``: whose strides, anchors and pooling the weights were made for.
    """

    frozen_norms: bool
    norm_eps: float = 1e-5
    arrangement: Literal["torchvision", "detectron2"] = "torchvision"


class AlignedRoIAlign(MultiScaleRoIAlign):  # type: ignore[misc]  # torchvision has no types
    """Pooling as Detectron2's ROIAlignV2: pixel centres lie at .5; samples as dense as a region needs."""

    def forward(
        self, x: dict[str, Tensor], boxes: list[Tensor], image_shapes: list[tuple[int, int]]
    ) -> Tensor:
        """Features (regions, channels, bins, bins) of the boxes of each picture, in order."""
        del image_shapes
        numbers = torch.cat([torch.full_like(its[:, :1], at) for at, its in enumerate(boxes)])
        every = torch.cat(boxes)
        sides = ((every[:, 2] - every[:, 0]) * (every[:, 3] - every[:, 1])).sqrt()
        levels = torch.floor(4 + torch.log2(sides / 224 + 1e-8)).clamp(2, 5) - 2
        regions = torch.cat([numbers, every], dim=1)
        features = [x[name] for name in self.featmap_names]
        pooled = features[0].new_zeros((len(every), features[0].shape[1], *self.output_size))
        for level, feature in enumerate(features):
            chosen = torch.nonzero(levels == level)[:, 0]
            part = roi_align(
                feature, regions[chosen].to(feature.dtype), self.output_size, 0.25 / 2**level, 0, aligned=True
            )
            pooled = pooled.index_put((chosen,), part.to(pooled.dtype))
        return pooled


class ExactAnchors(AnchorGenerator):  # type: ignore[misc]
    """Anchors that are not rounded to whole pixels."""

    def generate_anchors(
        self,
        scales: list[int],
        aspect_ratios: list[float],
        dtype: torch.dtype = torch.float32,
        device: torch.device | None = None,
    ) -> Tensor:
        """Boxes (ratios, 4) around the origin."""
        sizes = [
            (side / math.sqrt(ratio), side * math.sqrt(ratio)) for side in scales for ratio in aspect_ratios
        ]
        return torch.tensor([(-w / 2, -h / 2, w / 2, h / 2) for w, h in sizes], dtype=dtype, device=device)


def build_base(classes: int, structure: Structure) -> MaskRCNN:
    """A Mask R-CNN with fresh weights (torch's global generator) for ``classes`` without background."""
    norm = FrozenBatchNorm2d if structure.frozen_norms else nn.BatchNorm2d
    body = resnet50(weights=None, norm_layer=lambda channels: norm(channels, eps=structure.norm_eps))
    for name, parameter in body.named_parameters():
        parameter.requires_grad_(not (structure.frozen_norms and name.startswith(_FROZEN)))
    backbone = BackboneWithFPN(
        body,
        return_layers={f"layer{number}": str(number - 1) for number in range(1, 5)},
        in_channels_list=[256, 512, 1024, 2048],
        out_channels=256,
    )
    theirs = structure.arrangement == "detectron2"
    pooling = AlignedRoIAlign if theirs else MultiScaleRoIAlign
    model = MaskRCNN(
        backbone,
        num_classes=classes + 1,
        rpn_anchor_generator=(ExactAnchors if theirs else AnchorGenerator)(
            tuple((side,) for side in _ANCHOR_SIDES_PX), (_ANCHOR_RATIOS,) * len(_ANCHOR_SIDES_PX)
        ),
        box_roi_pool=pooling(_LEVELS, 7, 2),
        mask_roi_pool=pooling(_LEVELS, 14, 2),
        box_nms_thresh=THRESHOLDS["nms_iou"],
        box_detections_per_img=int(THRESHOLDS["detections"]),
    )
    if theirs:
        for stage in (body.layer2, body.layer3, body.layer4):
            stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    model.transform = PreparedTransform()
    return model
