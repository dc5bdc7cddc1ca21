"""The profile ``small``: a Mask R-CNN of torchvision's blocks that learns from scratch on a CPU.

Stock Mask R-CNN spends most of its time in its region heads and needs pre-trained weights. This one has
a ResNet of one BasicBlock a stage with live BatchNorm, a feature pyramid of 128 channels without the
costly stride 4, few regions and slim heads: 9.5 million parameters.
"""

from torch import Tensor
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.models.resnet import BasicBlock, ResNet

from toonseg.engines.regions import RegionPool

PIXEL_MEAN = (0.485, 0.456, 0.406)  # ImageNet's, as torchvision's weights want it
PIXEL_STD = (0.229, 0.224, 0.225)
SIZE_DIVISIBLE = 32
THRESHOLDS = {"detections": 100, "mask": 0.4, "nms_iou": 0.5}

_CHANNELS = 128
_ANCHOR_SIDES_PX = (24, 48, 96, 192)  # one a level
_ANCHOR_RATIOS = (0.5, 1.0, 2.0)
_STRIDES_PX = {"0": 8, "1": 16, "2": 32, "pool": 64}  # of the levels
_PROPOSALS_BEFORE_NMS = 600  # a level
_PROPOSALS = 300
_REGIONS = 64  # a picture, in training
_BOX_FEATURES = 512
_BOX_BINS = 7
_MASK_BINS = 14  # the predictor doubles it to masks of 28 x 28
_MASK_SCALE_PX = 448  # regions up to this size are drawn from the finest level: a collar is a few cells wide


class PreparedTransform(GeneralizedRCNNTransform):  # type: ignore[misc]  # torchvision has no types
    """Normalise and pad a batch of pictures that already have the size that they are wanted in.

    Results stay in that frame too: boxes in its pixels, masks as probabilities of 28 x 28 in a box.
    """

    def __init__(self) -> None:
        super().__init__(0, 0, list(PIXEL_MEAN), list(PIXEL_STD), SIZE_DIVISIBLE)

    def resize(
        self, image: Tensor, target: dict[str, Tensor] | None = None
    ) -> tuple[Tensor, dict[str, Tensor] | None]:
        """Leave the picture and its target alone."""
        return image, target

    def postprocess(
        self,
        result: list[dict[str, Tensor]],
        image_shapes: list[tuple[int, int]],
        original_image_sizes: list[tuple[int, int]],
    ) -> list[dict[str, Tensor]]:
        """Leave the results as the heads gave them."""
        return result


def build_small(classes: int) -> MaskRCNN:
    """A Mask R-CNN with fresh weights (torch's global generator) for ``classes`` without background."""
    body = ResNet(BasicBlock, [1, 1, 1, 1])
    backbone = BackboneWithFPN(
        body,
        return_layers={"layer2": "0", "layer3": "1", "layer4": "2"},
        in_channels_list=[128, 256, 512],
        out_channels=_CHANNELS,
    )
    model = MaskRCNN(
        backbone,
        rpn_anchor_generator=AnchorGenerator(
            tuple((side,) for side in _ANCHOR_SIDES_PX), (_ANCHOR_RATIOS,) * len(_ANCHOR_SIDES_PX)
        ),
        rpn_pre_nms_top_n_train=_PROPOSALS_BEFORE_NMS,
        rpn_pre_nms_top_n_test=_PROPOSALS_BEFORE_NMS,
        rpn_post_nms_top_n_train=_PROPOSALS,
        rpn_post_nms_top_n_test=_PROPOSALS,
        box_roi_pool=RegionPool(_STRIDES_PX, _BOX_BINS),
        box_head=TwoMLPHead(_CHANNELS * _BOX_BINS**2, _BOX_FEATURES),
        box_predictor=FastRCNNPredictor(_BOX_FEATURES, classes + 1),
        box_batch_size_per_image=_REGIONS,
        box_nms_thresh=THRESHOLDS["nms_iou"],
        box_detections_per_img=int(THRESHOLDS["detections"]),
        mask_roi_pool=RegionPool(_STRIDES_PX, _MASK_BINS, _MASK_SCALE_PX),
        mask_head=MaskRCNNHeads(_CHANNELS, [_CHANNELS, _CHANNELS], 1),
        mask_predictor=MaskRCNNPredictor(_CHANNELS, _CHANNELS, classes + 1),
    )
    model.transform = PreparedTransform()
    return model
