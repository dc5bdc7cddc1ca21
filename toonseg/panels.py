"""The pictures of panels that a COCO file or a table names, read when they are wanted."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from toonseg.errors import ImageError
from toonseg.images import Picture, decode
from toonseg.store import Source


def read_panel(folder: Path, name: str, width: int, height: int) -> tuple[bytes, Picture]:
    """A panel's file and its RGB (h, w, 3) pixels; ``name`` is its path below ``folder``.

    Raises ImageError when it is missing, damaged, or not of the size that it should have.
    """
    return read_panel_file(folder / name, width, height)


def read_panel_file(path: Source, width: int, height: int) -> tuple[bytes, Picture]:
    """A panel's file and its pixels, as ``read_panel`` gives them and raises."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist: run `dvc repro` to cut it again") from None
    picture = decode(data, str(path))
    if picture.shape[:2] != (height, width):
        raise ImageError(
            f"{path} is {picture.shape[1]} x {picture.shape[0]} pixels and should be {width} x {height}: "
            "run `dvc repro` to cut it again"
        )
    return data, picture


def read_pictures(folder: Path, images: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Picture]]:
    """Id and picture of each image of a COCO file, one at a time. Raises as ``read_panel`` does."""
    for image in images:
        yield image["id"], read_panel(folder, image["file_name"], image["width"], image["height"])[1]
