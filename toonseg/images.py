"""Image files to arrays and back, and whether a file is whole.

Pictures are RGB uint8 arrays of shape (h, w, 3). A file's kind is told by its content, not its name.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.errors import ImageError

if TYPE_CHECKING:
    from PIL.Image import Image

Picture = NDArray[np.uint8]

MOST_PIXELS = 80_000_000  # of one frame: 240 MB decoded, and below the limit at which Pillow warns
MOST_PIXELS_OF_ALL_FRAMES = 1_000_000_000  # some ten seconds of decoding
_FORMATS = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}  # MPO: several JPEGs
_JPEG_BEGINS = b"\xff\xd8"
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended and progressive
_JPEG_SEGMENTS = _JPEG_FRAMES | {0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)}  # that may stand before a frame
_UNUSABLE = (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError)  # raised by Pillow


@dataclass(frozen=True)
class ImageFacts:
    """What a whole image file holds; ``format`` is jpeg, png, webp or gif."""

    format: str
    width: int
    height: int
    frames: int


def verify(data: bytes, name: str) -> ImageFacts:
    """Decode every frame of an image file, and check that the file goes on to its end marker.

    ``name`` begins the sentence of the ImageError that is raised when the file is no JPEG, PNG, WebP
    or GIF, is damaged or cut off, or claims more pixels than ``MOST_PIXELS``.
    """
    with _open(data, name) as image:
        facts = ImageFacts(_FORMATS[image.format or ""], *image.size, _frames(image, name))
        if facts.frames * facts.width * facts.height > MOST_PIXELS_OF_ALL_FRAMES:
            raise ImageError(
                f"{name} claims {facts.frames} frames of {facts.width} x {facts.height} pixels: too many"
            )
        if not _ends(data, facts.format):
            raise ImageError(f"{name} is cut off: the end of its data is missing")
        try:
            for frame in range(facts.frames):
                image.seek(frame)
                image.load()
        except _UNUSABLE as error:
            raise ImageError(f"{name} is damaged: {error}") from None
    if facts.format == "png":
        _check_sums(data, name)
    return facts


def size(data: bytes, name: str) -> tuple[int, int]:
    """Width and height of an image, from its header, without decoding it.

    Raises ImageError when it is no image of a known kind or claims more than ``MOST_PIXELS``.
    """
    return file_size(io.BytesIO(data), name)


def file_size(file: BinaryIO, name: str) -> tuple[int, int]:
    """Width and height of an image, as ``size`` gives them, of which little more than the header is read."""
    claimed = _jpeg_size(file)
    if claimed is None:
        file.seek(0)
        with _open_file(file, name) as image:
            return image.size
    return _checked(claimed, name)


def decode(data: bytes, name: str) -> Picture:
    """Decode an image file to RGB (h, w, 3) uint8.

    Transparency is laid on white, grey becomes RGB, 16 bits become 8, an animation gives its first
    frame, and a turn asked for by EXIF is ignored. Raises ImageError when it cannot be decoded, or the
    end of its data is missing.
    """
    kind, width, height = _kind_and_size(data, name)
    if kind == "jpeg":
        return _decoded(data, name, cv2.IMREAD_COLOR_RGB, width, height)
    return _as_rgb(_decoded(data, name, cv2.IMREAD_UNCHANGED, width, height))


def decode_half(data: bytes, name: str) -> Picture | None:
    """Decode a JPEG at half its scale: RGB, sides halved and rounded up; None for a file of another kind.

    The finer half of its frequencies is not even computed: it takes about half the time of ``decode``.
    """
    kind, width, height = _kind_and_size(data, name)
    if kind == "jpeg":
        half = (cv2.IMREAD_REDUCED_COLOR_2 & ~cv2.IMREAD_COLOR_BGR) | cv2.IMREAD_COLOR_RGB
        return _decoded(data, name, half, (width + 1) // 2, (height + 1) // 2)
    return None


def _kind_and_size(data: bytes, name: str) -> tuple[str, int, int]:
    """Format, width and height of a file that goes on to its end marker."""
    claimed = _jpeg_size(io.BytesIO(data))
    if claimed is None:
        with _open(data, name) as image:
            kind, claimed = _FORMATS[image.format or ""], image.size
    else:
        kind, claimed = "jpeg", _checked(claimed, name)
    if not _ends(data, kind):
        raise ImageError(f"{name} is cut off: the end of its data is missing")
    return kind, *claimed


def _decoded(data: bytes, name: str, flags: int, width: int, height: int) -> NDArray[Any]:
    """OpenCV's picture, of which the size must be the given one."""
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise ImageError(f"{name} cannot be decoded: {error.err}") from None
    if picture is None or picture.shape[:2] != (height, width):
        raise ImageError(f"{name} is damaged: it cannot be decoded")
    return np.asarray(picture)


def encode(picture: Picture, suffix: str, quality: int) -> bytes:
    """Encode an RGB (h, w, 3) picture to the bytes of a ``png``, ``jpg`` or ``webp`` file.

    PNG and WebP also take RGBA (h, w, 4), and PNG one channel (h, w). ``quality`` (1 to 100) is for JPEG
    and WebP. Raises ImageError when the format cannot hold the picture's size.
    """
    options = {
        "png": [],
        "jpg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        "webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
    }
    kind = suffix.lstrip(".")
    if kind not in options:
        raise ValueError(f"pictures are written as png, jpg or webp, not {suffix!r}")
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if channels not in {"png": (1, 3, 4), "jpg": (3,), "webp": (3, 4)}[kind]:
        raise ValueError(f"{kind} does not take a picture of {channels} channels")
    turn = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}.get(channels)
    try:
        turned = picture if turn is None else cv2.cvtColor(picture, turn)
        done, data = cv2.imencode(f".{kind}", turned, options[kind])
    except cv2.error:
        done = False
    if not done:
        raise ImageError(f"a {kind} file cannot hold {picture.shape[1]} x {picture.shape[0]} pixels")
    return data.tobytes()


def _open(data: bytes, name: str) -> "Image":
    return _open_file(io.BytesIO(data), name)


def _open_file(file: BinaryIO, name: str) -> "Image":
    """The image with its header read. Raises ImageError when there is none, or it claims too much."""
    # Imported only here: to read and write JPEGs, OpenCV is enough.
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(file, formats=("JPEG", "PNG", "WEBP", "GIF"))
    except UnidentifiedImageError:
        beginning = _beginning(_again(file, 24))
        raise ImageError(f"{name} is no JPEG, PNG, WebP or GIF image: {beginning}") from None
    except Image.DecompressionBombError:
        raise ImageError(f"{name} claims more than {MOST_PIXELS} pixels: not decoded") from None
    except _UNUSABLE as error:
        data = _again(file)
        whole = not data.startswith(b"RIFF") or _ends(data, "webp")  # a WebP is not even opened by halves
        fault = f"damaged: {error}" if whole else "cut off: the end of its data is missing"
        raise ImageError(f"{name} is {fault}") from None
    _checked(image.size, name)
    return image


def _checked(size: tuple[int, int], name: str) -> tuple[int, int]:
    """The width and height of an image, unless it claims too much."""
    width, height = size
    if width * height > MOST_PIXELS:
        raise ImageError(
            f"{name} claims {width} x {height} pixels, more than {MOST_PIXELS} in all: not decoded"
        )
    return size


def _jpeg_size(file: BinaryIO) -> tuple[int, int] | None:
    """Width and height from a JPEG's frame header; None where that is not plain, as in other files.

    Most pages are JPEGs, and Pillow takes several times as long as it takes to read these few bytes.
    """
    if file.read(2) != _JPEG_BEGINS:
        return None
    while True:
        marker, kind, high, low = file.read(4).ljust(4, b"\0")
        if marker != 0xFF or kind not in _JPEG_SEGMENTS:
            return None
        content = file.read((high << 8 | low) - 2)
        if kind in _JPEG_FRAMES and len(content) >= 6 and content[0] == 8:
            height, width = content[1] << 8 | content[2], content[3] << 8 | content[4]
            return (width, height) if width and height else None


def _again(file: BinaryIO, size: int = -1) -> bytes:
    file.seek(0)
    return file.read(size)


def _frames(image: "Image", name: str) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except _UNUSABLE as error:
        raise ImageError(f"{name} is damaged: {error}") from None


def _ends(data: bytes, kind: str) -> bool:
    """Whether the end marker of its format is there; bytes after it do no harm."""
    if kind == "jpeg":
        return data.endswith(b"\xff\xd9") or data.find(b"\xff\xd9", _first_scan(data)) >= 0
    if kind == "png":
        return b"IEND\xae\x42\x60\x82" in data
    if kind == "gif":
        return data.rstrip(b"\0").endswith(b";")
    return len(data) >= 8 + int.from_bytes(data[4:8], "little")


def _first_scan(data: bytes) -> int:
    """Where a JPEG's first scan begins: an end marker before it belongs to a thumbnail in the header."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        # A marker may be padded with any number of FF before it; a segment's length counts itself.
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def _check_sums(data: bytes, name: str) -> None:
    """Check a PNG's check sums, which decoding skips."""
    with _open(data, name) as image:
        try:
            image.verify()
        except _UNUSABLE as error:
            raise ImageError(f"{name} is damaged: {error}") from None


def _beginning(data: bytes) -> str:
    """What a file that is no image begins with."""
    if not data:
        return "it is empty"
    return f"it begins with {data[:24].decode('latin-1')!r}"


def _as_rgb(picture: NDArray[Any]) -> Picture:
    """OpenCV's grey, BGR or BGRA of 8 or 16 bits as RGB of 8 bits, on white."""
    if picture.dtype == np.uint16:
        picture = cv2.convertScaleAbs(picture, alpha=255 / 65535)
    if picture.ndim == 2:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), np.uint8)
    if picture.shape[2] == 3:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    colour = picture[..., 2::-1].astype(np.uint16)
    alpha = picture[..., 3:].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
