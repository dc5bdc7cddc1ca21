"""A picture to label counts as labelling tools display it: turned as its Exif data asks."""

import io

import numpy as np
import pytest
from drawn_labels import CLASSES
from PIL import ExifTags, Image, ImageOps

from toonseg.errors import ImageError
from toonseg.formats.displayed import displayed, displayed_size
from toonseg.formats.registry import FORMATS
from toonseg.images import decode
from toonseg.labels.names import ALIASES, ClassNames

UPRIGHT = np.kron(np.random.default_rng(0).integers(0, 255, (5, 6, 3)), np.ones((16, 16, 1))).astype(np.uint8)


def saved(picture, orientation, kind="JPEG"):
    """A file whose picture is stored as it is given, and asks to be turned."""
    exif, data = Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(picture).save(data, kind, exif=exif, quality=95)
    return data.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_data_asks(kind, orientation):
    data = saved(UPRIGHT, orientation, kind)
    wanted = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    found = displayed(data, "a")
    assert displayed_size(data, "a") == found.shape[1::-1] == wanted.shape[1::-1]
    assert np.abs(found.astype(int) - wanted).max() <= 3


@pytest.mark.parametrize("exif", [b"", b"MM", b"II*\0\0\0", b"II*\0\x08\0\0\0"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # so Pillow tells of it
def test_a_picture_whose_exif_data_is_damaged_is_as_it_is_stored(exif):
    data = io.BytesIO()
    Image.fromarray(UPRIGHT).save(data, "JPEG", exif=b"Exif\0\0" + exif)
    assert displayed_size(data.getvalue(), "a") == (96, 80)
    np.testing.assert_array_equal(displayed(data.getvalue(), "a"), decode(data.getvalue(), "a"))


def test_what_is_no_picture_is_refused():
    for read in (displayed, displayed_size):
        with pytest.raises(ImageError, match=r"a\.jpg is no JPEG"):
            read(b"no picture", "a.jpg")


def test_the_shares_of_a_yolo_dataset_are_of_the_picture_as_it_is_displayed(tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    (tmp_path / "data.yaml").write_text("names: [hair]\n")
    (tmp_path / "labels/a.txt").write_text("0 0.5 0.25 1 0.25 1 0.5\n")
    lying = np.ascontiguousarray(np.rot90(UPRIGHT))  # orientation 6 turns it back
    (tmp_path / "images/a.jpg").write_bytes(saved(lying, 6))
    (region,) = FORMATS["yolo"].read(tmp_path, ClassNames(CLASSES, ALIASES))
    assert (region.width, region.height) == (96, 80)
    assert region.instances[0].segmentation == ((48, 20, 96, 20, 96, 40),)
