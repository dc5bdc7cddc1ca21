"""Weights from elsewhere, read without running any code from them, and Detectron2's names for them."""

import errno
import pickle
import re
from collections.abc import Mapping
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
_BEGINNING = 9  # bytes that tell a file's kind: a safetensors' header comes after its length
_BEGINNINGS = (b"PK", b"\x80")  # of torch's own format, old and new, and of a pickle
_AGAIN = "copy or download it again"
_KINDS = "name a .safetensors, .pth, .pt or .pkl file"
RENEW = "set train.heads to renew (`toonseg fit --set heads=renew`)"
UNREADABLE = (
    OSError,
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


def check_finite(state: Mapping[str, Any], where: str, cure: str) -> None:
    """Raise EngineError, begun by ``where``, when a tensor or an array holds NaN or an infinite number."""
    for name, value in state.items():
        its = torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        if isinstance(its, torch.Tensor) and its.is_floating_point() and not bool(torch.isfinite(its).all()):
            raise EngineError(f"{where}: its weights hold NaN or infinity ('{name}'): {cure}")


def read_state(path: Path) -> State:
    """The tensors of a weights file, by name: ``.safetensors``, ``.pkl`` of arrays, or torch's own format.

    Tensors below ``model``, ``state_dict`` or ``blobs`` are taken from there; whatever is no tensor, or the
    momentum of one, is left out.
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
        raise EngineError(f"{path} cannot be read as weights: {reason_of(error, path)}") from None
    for key in ("model", "state_dict", "blobs"):
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
    tensors = {
        str(name): torch.from_numpy(value.copy()) if isinstance(value, np.ndarray) else value
        for name, value in (found.items() if isinstance(found, dict) else ())
        if not str(name).endswith("_momentum")
        if isinstance(value, torch.Tensor) or (isinstance(value, np.ndarray) and value.dtype.kind in "fiub")
    }
    if not tensors:
        raise EngineError(f"{path} holds no weights by name")
    return tensors


def reason_of(error: Exception, path: Path) -> str:
    """Why a file cannot be read as weights; torch's own words advise to run whatever code is in it.

    An OSError that is not of the file's content, but of the way to it, is raised again.
    """
    if isinstance(error, OSError) and error.errno != errno.EINVAL:  # torch's for a ZIP without its end
        raise error
    asked = re.search(r"GLOBAL (\S+) |it asks for (\S+),", str(error))
    if asked:
        return f"it asks for {asked[1] or asked[2]}, and only arrays are let in"
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING)
    if not beginning:
        return f"it is empty: {_AGAIN}"
    weights = beginning.startswith(_BEGINNINGS) or beginning[8:9] == b"{"
    return f"it is cut off or damaged: {_AGAIN}" if weights else f"it is no file of weights: {_KINDS}"


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

# Caffe2's names of a ResNet alone, and Detectron2's below ``backbone.bottom_up``. A norm is folded into
# scale and bias there; ``_UNUSED`` are the classes of ImageNet, and a bias that no implementation adds.
_CAFFE2_RULES = (
    (r"res_conv1_bn_", "stem.conv1.norm."),
    (r"conv1_", "stem.conv1."),
    (r"res(\d)_(\d+)_branch1_bn_", r"res\1.\2.shortcut.norm."),
    (r"res(\d)_(\d+)_branch1_", r"res\1.\2.shortcut."),
    *(
        (rf"res(\d)_(\d+)_branch2{letter}_{kind}", rf"res\1.\2.conv{at}.{norm}")
        for at, letter in enumerate("abc", 1)
        for kind, norm in (("bn_", "norm."), ("", ""))
    ),
)
_CAFFE2_KINDS = {"w": "weight", "s": "weight", "b": "bias"}
_UNUSED = ("conv1_b", "fc1000_w", "fc1000_b")
_BODY = "backbone.bottom_up."
_NORM_EPS = 1e-5  # of Detectron2's frozen norms, and of torchvision's ResNet


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


def is_detectron2_body(state: State) -> bool:
    """Whether it is a ResNet alone under Detectron2's names, as in its zoo's torchvision/R-50.pkl."""
    return "stem.conv1.weight" in state


def from_detectron2_body(state: State, where: str) -> State:
    """A ResNet alone under Detectron2's names, as torchvision's body.

    The file does not tell which pictures it wants. Detectron2's zoo has one such ResNet-50, converted from
    torchvision's, whose configurations ask for what torchvision's asks for (RGB, divided by ImageNet's
    deviation, stride in the 3 x 3 convolution). So that is what any such file is taken to want: nothing but
    the names is changed. Raises EngineError as ``from_detectron2`` does.
    """
    return {
        _renamed(f"{_BODY}{name}", where): value
        for name, value in state.items()
        if not name.startswith(("fc.", "stem.fc."))
    }


def is_caffe2_body(state: State) -> bool:
    """Whether it is a ResNet alone under Caffe2's names, as in Detectron2's zoo's MSRA/R-50.pkl."""
    return "conv1_w" in state and "res_conv1_bn_s" in state


def from_caffe2_body(state: State, where: str) -> State:
    """A ResNet alone under Caffe2's names, as torchvision's body.

    Such weights want what Detectron2's default configuration gives: BGR from 0 to 255 less the mean, and
    the stride in the 1 x 1 convolution (arrangement detectron2). Their norms are a scale and a bias: mean 0,
    and a variance that is 1 with what is added to it. Raises EngineError as ``from_detectron2`` does.
    """
    named = {}
    for name, value in state.items():
        if name in _UNUSED:
            continue
        new = _caffe2_renamed(name, where)
        named[new] = value
        if new.endswith(".norm.weight"):
            norm = new.removesuffix("weight")
            named[f"{norm}running_mean"] = torch.zeros_like(value)
            named[f"{norm}running_var"] = torch.full_like(value, 1 - _NORM_EPS)
    return from_detectron2(named, where)


def _caffe2_renamed(name: str, where: str) -> str:
    stem, _, kind = name.rpartition("_")
    for pattern, new in _CAFFE2_RULES:
        found, count = re.subn(f"^{pattern}$", new, f"{stem}_")
        if count and kind in _CAFFE2_KINDS:
            return f"{_BODY}{found}{_CAFFE2_KINDS[kind]}"
    raise EngineError(f"{where} is no ResNet alone: it has '{name}'")


def _renamed(name: str, where: str) -> str:
    for pattern, new in _RULES:
        found, count = re.subn(f"^{pattern}", new, name)
        if count:
            return re.sub(r"(<+)(\d)>+", lambda at: str(int(at[2]) - _SHIFT[at[1]]), found)
    raise EngineError(f"{where} is no Mask R-CNN with a ResNet and a feature pyramid: it has '{name}'")
