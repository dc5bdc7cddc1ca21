"""Image files: whole or refused, and decoded to the same pixels whatever their format."""

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from toonseg.errors import ImageError
from toonseg.images import ImageFacts, Picture, decode, decode_half, encode, size, verify

RED, GREEN, WHITE = (200, 30, 10), (10, 220, 40), (255, 255, 255)


def picture() -> Picture:
    """Red above green, 30 wide and 40 high."""
    rows = np.empty((40, 30, 3), np.uint8)
    rows[:20], rows[20:] = RED, GREEN
    return rows


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(height: int = 120, width: int = 90) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


def files() -> dict[str, bytes]:
    """One file of noise of each kind that pages come as."""
    image = noise()
    return {
        "jpeg": saved(image, "JPEG"),
        "progressive": saved(image, "JPEG", progressive=True),
        "png": saved(image, "PNG"),
        "webp": saved(image, "WEBP"),
        "gif": saved(image, "GIF"),
    }


def animation(kind: str) -> bytes:
    red, green = Image.new("RGB", (30, 40), RED), Image.new("RGB", (30, 40), GREEN)
    return saved(red, kind, save_all=True, append_images=[green, red], lossless=True)


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG header of any size, in a few bytes."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + saved(noise(), "PNG")[33:]


@pytest.mark.parametrize("check", [verify, size, decode])
def test_an_empty_file_is_refused(check: Any) -> None:
    with pytest.raises(ImageError, match=r"^episode 3, page 1\.jpg is no JPEG, .*: it is empty$"):
        check(b"", "episode 3, page 1.jpg")


@pytest.mark.parametrize("kind", files())
def test_a_whole_file_is_told_by_its_content(kind: str) -> None:
    name = {"progressive": "jpeg"}.get(kind, kind)
    assert verify(files()[kind], "page.bin") == ImageFacts(name, 90, 120, 1)
    assert size(files()[kind], "page.bin") == (90, 120)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_every_frame_is_counted_and_the_first_one_decoded(kind: str) -> None:
    assert verify(animation(kind), "page") == ImageFacts(kind.lower(), 30, 40, 3)
    assert (decode(animation(kind), "page") == RED).all()


@pytest.mark.parametrize("missing", [2, 30, 2000])
@pytest.mark.parametrize("kind", files())
def test_a_file_without_its_end_is_refused(kind: str, missing: int) -> None:
    whole = files()[kind]
    with pytest.raises(ImageError, match=r"^page is cut off: the end of its data is missing$"):
        verify(whole[:-missing], "page")


@pytest.mark.parametrize("kind", ["jpeg", "progressive", "png", "gif"])
def test_a_file_of_the_right_length_with_an_empty_tail_is_refused(kind: str) -> None:
    whole = files()[kind]
    with pytest.raises(ImageError, match="cut off"):
        verify(whole[:-500] + bytes(500), "page")


def test_the_end_of_a_thumbnail_is_not_taken_for_the_end_of_the_page() -> None:
    whole = saved(noise(), "JPEG", comment=b"a thumbnail that ends: \xff\xd9")
    assert whole.index(b"\xff\xd9") < 200
    with pytest.raises(ImageError, match="cut off"):
        verify(whole[:-500], "page")


def test_bytes_after_the_end_do_no_harm() -> None:
    assert verify(files()["jpeg"] + b"\r\n", "page").format == "jpeg"


@pytest.mark.parametrize("kind", ["png", "gif"])
def test_damage_in_the_middle_is_found(kind: str) -> None:
    damaged = bytearray(files()[kind])
    middle = len(damaged) // 2
    damaged[middle : middle + 40] = b"\xff" * 40
    with pytest.raises(ImageError, match=r"^page is damaged: "):
        verify(bytes(damaged), "page")


def test_a_wrong_check_sum_is_found() -> None:
    damaged = bytearray(files()["png"])
    damaged[-14] ^= 1  # the last byte of the check sum before IEND
    with pytest.raises(ImageError, match=r"^page is damaged: "):
        verify(bytes(damaged), "page")


def test_a_web_page_in_place_of_an_image_is_refused_and_shown() -> None:
    with pytest.raises(ImageError, match="it begins with '<!DOCTYPE html>'"):
        verify(b"<!DOCTYPE html>", "page")


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (10_000, 8_001)])
@pytest.mark.parametrize("check", [verify, size, decode])
def test_a_small_file_that_claims_a_huge_picture_is_not_decoded(check: Any, width: int, height: int) -> None:
    with pytest.raises(ImageError, match=r"claims .* 80000000.*: not decoded"):
        check(png_that_claims(width, height), "page")


def test_a_small_file_that_claims_endless_frames_is_not_decoded() -> None:
    frames = [Image.new("L", (30, 40), shade) for shade in range(30)]
    data = bytearray(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    data[6:10] = struct.pack("<HH", 6000, 6000)  # the size of the screen on which the frames are laid
    with pytest.raises(ImageError, match="claims 30 frames of 6000 x 6000 pixels: too many"):
        verify(bytes(data), "page")


def test_a_file_that_is_not_an_image_inside_cannot_be_decoded() -> None:
    with pytest.raises(ImageError, match="damaged"):
        decode(png_that_claims(30, 40)[:60] + b"not a chunk IEND\xae\x42\x60\x82", "page")


@pytest.mark.parametrize("kind", ["RGB", "RGBA", "P"])
def test_lossless_files_are_decoded_to_their_own_pixels(kind: str) -> None:
    data = saved(Image.fromarray(picture()).convert(kind), "PNG")
    reference = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert (decode(data, "page") == reference).all()


def test_transparency_is_laid_on_white() -> None:
    rgba = np.dstack([picture(), np.full((40, 30), 255, np.uint8)])
    rgba[:10, :, 3] = 0
    rgba[10:20, :, 3] = 102  # two fifths of red
    decoded = decode(saved(Image.fromarray(rgba), "PNG"), "page")
    assert decoded[0, 0].tolist() == list(WHITE)
    assert decoded[10, 0].tolist() == [233, 165, 157]
    assert decoded[20, 0].tolist() == list(GREEN)


@pytest.mark.parametrize("kind", ["L", "1", "LA"])
def test_grey_becomes_rgb(kind: str) -> None:
    image = Image.fromarray(picture()).convert("L").convert(kind)
    assert (
        decode(saved(image, "PNG"), "page") == np.asarray(image.convert("L"))[..., None].repeat(3, 2)
    ).all()


def test_sixteen_bits_become_eight() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, 0)
    assert (decode(saved(Image.fromarray(ramp), "PNG"), "page")[0, :, 0] == np.arange(256)).all()


def test_a_turn_asked_for_by_exif_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter
    data = saved(Image.fromarray(picture()), "JPEG", exif=exif)
    assert decode(data, "page").shape == (40, 30, 3)
    assert size(data, "page") == (30, 40)


def test_cmyk_becomes_rgb() -> None:
    decoded = decode(saved(Image.fromarray(picture()).convert("CMYK"), "JPEG", quality=95), "page")
    assert np.abs(decoded[2, 2].astype(int) - RED).max() <= 4


@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 3), (40, 30, 4)])
def test_a_png_gives_back_what_was_written(shape: tuple[int, ...]) -> None:
    written = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    data = encode(written, ".png", quality=95)
    assert (np.asarray(Image.open(io.BytesIO(data))) == written).all()


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_quality_sets_the_size_and_colours_stay_in_order(suffix: str) -> None:
    low, high = (encode(np.asarray(noise()), suffix, quality) for quality in (30, 95))
    assert len(low) < len(high)
    assert np.abs(decode(encode(picture(), suffix, 95), "page")[2, 2].astype(int) - RED).max() <= 4


def test_the_same_picture_gives_the_same_bytes() -> None:
    for suffix in ("png", "jpg", "webp"):
        assert encode(picture(), suffix, 90) == encode(picture().copy(), suffix, 90)


@pytest.mark.parametrize(("width", "height"), [(64, 48), (63, 47), (1, 1)])
def test_a_jpeg_is_decoded_at_half_its_scale_and_others_are_not(width: int, height: int) -> None:
    whole = np.asarray(noise())
    drawn = cv2.resize(cv2.GaussianBlur(whole, (0, 0), 3), (width, height))
    half = decode_half(encode(drawn, "jpg", 95), "page")
    assert half is not None
    assert half.shape == ((height + 1) // 2, (width + 1) // 2, 3)
    means = cv2.resize(drawn, (half.shape[1], half.shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(half.astype(int) - means).mean() < 6
    assert decode_half(encode(drawn, "png", 95), "page") is None


def test_half_a_jpeg_that_is_cut_off_is_told() -> None:
    data = encode(np.asarray(noise()), "jpg", 90)
    with pytest.raises(ImageError, match="page is cut off"):
        decode_half(data[:-40], "page")


def test_a_picture_too_tall_for_its_format_is_refused() -> None:
    with pytest.raises(ImageError, match="a webp file cannot hold 2 x 16384 pixels"):
        encode(np.zeros((16384, 2, 3), np.uint8), "webp", 90)
    with pytest.raises(ImageError, match="a jpg file cannot hold 2 x 65536 pixels"):
        encode(np.zeros((65536, 2, 3), np.uint8), "jpg", 90)


@pytest.mark.parametrize(("suffix", "shape"), [("bmp", (4, 4, 3)), ("jpg", (4, 4, 4)), ("webp", (4, 4))])
def test_a_format_that_does_not_fit_the_picture_is_a_bug(suffix: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=suffix):
        encode(np.zeros(shape, np.uint8), suffix, 90)
