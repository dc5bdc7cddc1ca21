"""Label Studio's code for brush masks: runs of bytes of an RGBA picture, packed bit by bit.

The code is that of the JavaScript package @thi.ng/rle-pack: 32 bits with the number of bytes, 5 with
the size of a byte in bits less one, four times 4 with the sizes of lengths less one; then blocks of one
bit (1: a run of one byte, 0: that many bytes), two bits that choose a size of length, the length less
one, and the bytes.
"""

from collections.abc import Sequence

import numpy as np

from toonseg.geometry import Mask

_LENGTH_BITS = (3, 4, 8, 16)
_CHANNELS = 4


def pack_brush(mask: Mask) -> list[int]:
    """A mask (height, width) as Label Studio's list of bytes."""
    pixels = mask.ravel()
    edges = np.flatnonzero(np.diff(pixels)) + 1
    starts = [0, *edges.tolist()] if len(pixels) else []
    lengths = np.diff([*starts, len(pixels)]).tolist() if starts else []
    bits = [f"{len(pixels) * _CHANNELS:032b}", f"{7:05b}", *(f"{size - 1:04b}" for size in _LENGTH_BITS)]
    for start, length in zip(starts, lengths, strict=True):
        value = "11111111" if pixels[start] else "00000000"
        left = length * _CHANNELS
        while left:
            now = min(left, 1 << _LENGTH_BITS[-1])
            choice = next(at for at, size in enumerate(_LENGTH_BITS) if now <= 1 << size)
            bits.append(f"1{choice:02b}{now - 1:0{_LENGTH_BITS[choice]}b}{value}")
            left -= now
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def unpack_brush(code: Sequence[int], height: int, width: int) -> Mask:
    """The mask (height, width) of Label Studio's bytes: where the picture is not transparent.

    Raises ValueError when they are no such code, or a picture of another size.
    """
    if not all(isinstance(byte, int) and 0 <= byte <= 255 for byte in code):
        raise ValueError("the brush code must be a list of bytes, 0 to 255")
    reader = _Bits(bytes(code))
    count, word = reader.take(32), reader.take(5) + 1
    if count != height * width * _CHANNELS:
        raise ValueError(f"the brush code is of {count // _CHANNELS} pixels, not {width} x {height}")
    sizes = [reader.take(4) + 1 for _ in range(4)]
    values: list[int] = []
    repeats: list[int] = []
    left = count
    while left > 0:
        is_run = reader.take(1)
        length = reader.take(sizes[reader.take(2)]) + 1
        words = 1 if is_run else length
        values += [reader.take(word) for _ in range(words)]
        repeats += [length] if is_run else [1] * length
        left -= length
    if left:
        raise ValueError("the brush code does not end where its picture does")
    flat = np.repeat(np.array(values), np.array(repeats)) if values else np.zeros(0, int)
    return np.asarray(flat.reshape(height, width, _CHANNELS)[..., 3] > 0)


class _Bits:
    """Numbers read bit by bit from bytes."""

    def __init__(self, data: bytes) -> None:
        self._text = "".join(f"{byte:08b}" for byte in data)
        self._at = 0

    def take(self, count: int) -> int:
        """The next ``count`` bits as a number."""
        end = self._at + count
        if end > len(self._text):
            raise ValueError("the brush code is cut off")
        number = int(self._text[self._at : end], 2)
        self._at = end
        return number
