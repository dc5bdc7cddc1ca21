"""Weights from elsewhere, read without running any code from them, and Detectron2's names for them."""

import pickle
import re
from pathlib import Path
from typing import IO, Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError

from toonseg.errors import EngineError

State = dict[str, torch.Tensor]

_ARRAYS = {
    ("_codecs", "encode"),  # how Python 2 wrote bytes
    ("collections", "OrderedDict"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    *(
        (f"numpy.{core}.{module}", name)
        for core in ("core", "_core")
        for module, name in (
            ("multiarray", "_reconstruct"),
            ("multiarray", "scalar"),
            ("numeric", "_frombuffer"),
        )
    ),
}
UNREADABLE = (
    RuntimeError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    AttributeError,
    ImportError,
    pickle.UnpicklingError,
    SafetensorError,
)


def read_state(path: Path) -> State:
    """The tensors of a weights file, by name: ``.safetensors``, ``.pkl`` of arrays, or torch's own format.

    Tensors below ``model`` or ``state_dict`` are taken from there; whatever is no tensor is left out.
    Raises EngineError when the file is damaged, asks for code to be run, or holds no tensor.
    """
    try:
        if path.suffix == ".safetensors":
            found: Any = safetensors.torch.load(path.read_bytes())
        elif path.suffix == ".pkl":
            with path.open("rb") as file:
                found = ArrayUnpickler(file).load()
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise EngineError(f"{path} does not exist") from None
    except UNREADABLE as error:
        raise EngineError(f"{path} cannot be read as weights: {reason_of(error)}") from None
    for key in ("model", "state_dict"):
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
    tensors = {
        str(name): torch.from_numpy(value.copy()) if isinstance(value, np.ndarray) else value
        for name, value in (found.items() if isinstance(found, dict) else ())
        if isinstance(value, torch.Tensor) or (isinstance(value, np.ndarray) and value.dtype.kind in "fiub")
    }
    if not tensors:
        raise EngineError(f"{path} holds no weights by name")
    return tensors


def reason_of(error: Exception) -> str:
    """Why a file cannot be read as weights; torch's own words advise to run whatever code is in it.

    >>> reason_of(KeyError(105))
    'it is cut off, or no file of weights'
    """
    text = str(error).strip()
    asked = re.search(r"GLOBAL (\S+) ", text)
    if asked:
        return f"it asks for {asked[1]}, and only arrays are let in"
    if not text or "weights_only" in text or isinstance(error, KeyError | TypeError | AttributeError):
        return "it is cut off, or no file of weights"
    return text.partition("\n")[0]


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler that knows NumPy's arrays, and plain Python values, and nothing else."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        """Give what arrays are made of; refuse what could be anything else."""
        if (module, name) in _ARRAYS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, and only arrays are let in")


# Detectron2's names of a Mask R-CNN with ResNet and feature pyramid, and torchvision's. The first rule
# that fits a name counts; numbers of stages and levels are put in by ``_NUMBERS``.
_RULES = (
    (r"backbone\.bottom_up\.stem\.conv1\.norm\.", "backbone.body.bn1."),
    (r"backbone\.bottom_up\.stem\.conv1\.", "backbone.body.conv1."),
    (r"backbone\.bottom_up\.res(\d)\.(\d+)\.shortcut\.norm\.", r"backbone.body.layer<\1>.\2.downsample.1."),
    (r"backbone\.bottom_up\.res(\d)\.(\d+)\.shortcut\.", r"backbone.body.layer<\1>.\2.downsample.0."),
    (r"backbone\.bottom_up\.res(\d)\.(\d+)\.conv(\d)\.norm\.", r"backbone.body.layer<\1>.\2.bn\3."),
    (r"backbone\.bottom_up\.res(\d)\.(\d+)\.conv(\d)\.", r"backbone.body.layer<\1>.\2.conv\3."),
    (r"backbone\.fpn_lateral(\d)\.", r"backbone.fpn.inner_blocks.<<\1>>.0."),
    (r"backbone\.fpn_output(\d)\.", r"backbone.fpn.layer_blocks.<<\1>>.0."),
    (r"proposal_generator\.rpn_head\.conv\.", "rpn.head.conv.0.0."),
    (r"proposal_generator\.rpn_head\.objectness_logits\.", "rpn.head.cls_logits."),
    (r"proposal_generator\.rpn_head\.anchor_deltas\.", "rpn.head.bbox_pred."),
    (r"roi_heads\.box_head\.fc1\.", "roi_heads.box_head.fc6."),
    (r"roi_heads\.box_head\.fc2\.", "roi_heads.box_head.fc7."),
    (r"roi_heads\.box_predictor\.", "roi_heads.box_predictor."),
    (r"roi_heads\.mask_head\.mask_fcn(\d)\.", r"roi_heads.mask_head.<<<\1>>>.0."),
    (r"roi_heads\.mask_head\.deconv\.", "roi_heads.mask_predictor.conv5_mask."),
    (r"roi_heads\.mask_head\.predictor\.", "roi_heads.mask_predictor.mask_fcn_logits."),
)
_SHIFT = {"<": 1, "<<": 2, "<<<": 1}  # res2 is layer1, level 2 is block 0, and mask_fcn1 is 0
_IMAGENET_STD = (0.229, 0.224, 0.225)
_NOT_WEIGHTS = ("pixel_mean", "pixel_std", "proposal_generator.anchor_generator.")


def is_detectron2(state: State) -> bool:
    """Whether the names are Detectron2's."""
    return "backbone.bottom_up.stem.conv1.weight" in state


def from_detectron2(state: State, where: str) -> State:
    """Detectron2's weights under torchvision's names, for pictures as torchvision normalises them.

    Detectron2 wants BGR from 0 to 255 less the mean; torchvision RGB from 0 to 1 less the mean, divided
    by ImageNet's deviation: the first convolution makes up for both. Detectron2 counts the background as
    the last class and has no box or mask for it; torchvision counts it first and has both.
    Raises EngineError, which begins with ``where``, for a name that a ResNet Mask R-CNN does not have.
    """
    renamed = {}
    for name, value in state.items():
        if not name.startswith(_NOT_WEIGHTS):
            renamed[_renamed(name, where)] = value
    first = renamed["backbone.body.conv1.weight"].flip(1)
    renamed["backbone.body.conv1.weight"] = first * 255 * torch.tensor(_IMAGENET_STD).reshape(1, 3, 1, 1)
    for kind in ("weight", "bias"):
        scores = f"roi_heads.box_predictor.cls_score.{kind}"
        if scores in renamed:
            renamed[scores] = renamed[scores].roll(1, 0)
        for name, rows in (
            (f"roi_heads.box_predictor.bbox_pred.{kind}", 4),
            (f"roi_heads.mask_predictor.mask_fcn_logits.{kind}", 1),
        ):
            if name in renamed:
                background = renamed[name].new_zeros((rows, *renamed[name].shape[1:]))
                renamed[name] = torch.cat([background, renamed[name]])
    return renamed


def _renamed(name: str, where: str) -> str:
    for pattern, new in _RULES:
        found, count = re.subn(f"^{pattern}", new, name)
        if count:
            return re.sub(r"(<+)(\d)>+", lambda at: str(int(at[2]) - _SHIFT[at[1]]), found)
    raise EngineError(f"{where} is no Mask R-CNN with a ResNet and a feature pyramid: it has '{name}'")
