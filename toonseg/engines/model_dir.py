"""A trained model as a directory: its weights as safetensors, what it is as JSON, and a card to read.

Nothing in it is code and nothing is unpickled, so a model from elsewhere is safe to load. The same
training gives the same bytes: no times, hosts or paths.
"""

import hashlib
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from toonseg.errors import EngineError
from toonseg.store import whole_folder, write_json

FORMAT = 1  # raised when an older toonseg could no longer read the directory
CARD = "model.json"
WEIGHTS = "model.safetensors"
README = "README.md"
FILES = (CARD, WEIGHTS, README)
_AGAIN = "train it again, or fetch it again (`dvc pull` in a project of DVC)"
_KEYS = {
    *("classes", "engine", "format", "params", "profile", "start", "structure", "thresholds", "versions"),
    "weights_sha256",
}
_MAPPINGS = {"params", "start", "structure", "thresholds", "versions"}


def _is_count(value: Any) -> bool:
    """Whether it is a whole number over 0."""
    return type(value) is int and value > 0


def _is_share(value: Any) -> bool:
    """Whether it is a number from 0 to 1."""
    return type(value) in (int, float) and 0 <= value <= 1


# What a model is used with: parameters of its training, which must be there, and thresholds, which may.
_PARAMS: dict[str, Callable[[Any], bool]] = {
    "iterations": _is_count,
    "long_side_px": _is_count,
    "precision": lambda value: value in ("fp32", "bf16", "fp16"),
    "short_side_px": _is_count,
    "threads": _is_count,
}
_THRESHOLDS: dict[str, Callable[[Any], bool]] = {
    "detections": _is_count,
    "mask": _is_share,
    "nms_iou": _is_share,
}


def write_model(out: Path, weights: bytes, card: dict[str, Any]) -> None:
    """Write the directory ``out`` whole: safetensors bytes, and ``card`` with the format and a digest."""
    card = {**card, "format": FORMAT, "weights_sha256": hashlib.sha256(weights).hexdigest()}
    with whole_folder(out) as aside:
        (aside / WEIGHTS).write_bytes(weights)
        write_json(aside / CARD, card)
        (aside / README).write_text(_readme(card), encoding="utf-8")


def read_model_card(model: Path) -> dict[str, Any]:
    """What ``model.json`` of a model directory says. Raises EngineError when it cannot be used."""
    path = model / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EngineError(f"{model} is no model directory ({CARD} is missing): {_AGAIN}") from None
    except ValueError:
        raise EngineError(f"{path} is damaged: {_AGAIN}") from None
    if not isinstance(card, dict) or "format" not in card:
        raise EngineError(f"{path} describes no model of toonseg: {_AGAIN}")
    if card["format"] != FORMAT:
        raise EngineError(
            f"{path} has format {card['format']}, and this toonseg reads {FORMAT}: "
            "use the version that wrote it, or train again"
        )
    missing = sorted(_KEYS - set(card)) or sorted(key for key in _MAPPINGS if not isinstance(card[key], dict))
    if missing:
        raise EngineError(f"{path} lacks {', '.join(missing)}: {_AGAIN}")
    params, thresholds = card["params"], card["thresholds"]
    unfit = [f"params.{key}" for key, fits in _PARAMS.items() if not fits(params.get(key))]
    unfit += [
        f"thresholds.{key}"
        for key, fits in _THRESHOLDS.items()
        if key in thresholds and not fits(thresholds[key])
    ]
    unfit += ["classes"] * (not _are_names(card["classes"]))
    if unfit:
        raise EngineError(f"{path} lacks a usable {unfit[0]}, as another version's may: {_AGAIN}")
    return card


def read_weights(model: Path, card: dict[str, Any]) -> bytes:
    """The bytes of the weights. Raises EngineError when they are not those that ``card`` names."""
    path = model / WEIGHTS
    try:
        weights = path.read_bytes()
    except FileNotFoundError:
        raise EngineError(f"{path} does not exist: {_AGAIN}") from None
    if hashlib.sha256(weights).hexdigest() != card["weights_sha256"]:
        raise EngineError(f"{path} is truncated, damaged or of another model: {_AGAIN}")
    return weights


def _are_names(classes: Any) -> bool:
    """Whether they are the names of one class or more, each its own."""
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        return False
    return bool(classes) and len(set(classes)) == len(classes)


def _readme(card: dict[str, Any]) -> str:
    """The card for a person."""
    params, dataset = card["params"], card["dataset"]
    classes = "\n".join(f"- {number}: {name}" for number, name in enumerate(card["classes"], 1))
    versions = ", ".join(f"{name} {version}" for name, version in sorted(card["versions"].items()))
    paragraphs = (
        "Finds the classes below in a panel of a webtoon and draws a mask of each instance.",
        classes,
        f"Trained by toonseg's engine {card['engine']}, profile {card['profile']}, from "
        f"{card['start']['source']}: {params['iterations']} iterations of {params['batch']} pictures, of "
        f"which the set holds {dataset['images']} with {dataset['instances']} instances; short side "
        f"{params['short_side_px']} pixels, seed {params['seed']}. Made with {versions}.",
        "Use it with `toonseg predict`, or `toonseg.engines.base.load` from Python. It knows the drawing "
        "styles that it was trained on; expect little of it on others. The weights are safetensors; "
        "`model.json` holds all else that is needed to use them.",
    )
    filled = [text if text is classes else textwrap.fill(text, 100) for text in paragraphs]
    return "\n\n".join(["# Mask R-CNN for webtoon panels", *filled]) + "\n"
