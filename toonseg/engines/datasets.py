"""What is to be told of a labelled dataset that a command is given, before it is used."""

from toonseg.coco_files import CocoFile
from toonseg.engines.base import Coco
from toonseg.errors import ToonsegError


def check_filled(coco: Coco, place: str, cure: str) -> None:
    """Raise ToonsegError when a dataset holds no picture, or no instance in them."""
    if not coco["images"]:
        raise ToonsegError(f"{place} holds no picture: {cure}")
    if all(annotation["iscrowd"] for annotation in coco["annotations"]):
        raise ToonsegError(f"{place} holds no instance to find: {cure}")


def left_out(dataset: CocoFile) -> list[str]:
    """A sentence where a dataset has annotations without a pixel."""
    return [f"{dataset.empty} annotations hold no pixel: they are left out"] if dataset.empty else []
