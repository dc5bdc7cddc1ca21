"""Regions keep to their pages, and crops without a place are found by their pictures or left to a person."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_labels import draw_project
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from toonseg.cli import main
from toonseg.errors import LabelError, ToonsegError
from toonseg.geometry import rasterise
from toonseg.images import decode, encode
from toonseg.labelling.anchoring import anchor_labels, locate_labels
from toonseg.labels.anchors import anchor, astray
from toonseg.labels.locate import Found, coarse_strip, decide, find_crop
from toonseg.labels.regions import Instance, LabelledRegion, PageUnder, SeriesLabels
from toonseg.labels.torn import torn_apart

TRIANGLE = ((3.0, 3.0, 60.0, 3.0, 60.0, 70.0),)


def pages(*digests, height=100):
    """Pages of a strip, one letter each, a capital twice as high."""
    found, y0 = [], 0
    for digest in digests:
        y1 = y0 + height * (1 + digest.isupper())
        found.append(PageUnder(digest, y0, y1))
        y0 = y1
    return tuple(found)


def region(y0=120, height=150, **more):
    return LabelledRegion(1, "school", "1", 0, y0, 200, height, "a.png", (), **more)


def noted(y0, on):
    return anchor(region(y0), on).region


def test_a_region_remembers_the_pages_under_it():
    result = anchor(region(), pages(*"abcd"))
    assert result.fate == "noted"
    assert [page.sha256 for page in result.region.pages] == ["b", "c"]
    assert anchor(result.region, pages(*"abcd")).fate == "kept"


@pytest.mark.parametrize(
    ("now", "fate", "y0"),
    [
        ("xabcd", "moved", 220),
        ("Xabcd", "moved", 320),
        ("bcd", "moved", 20),
        ("abxd", "renewed", 120),
        ("axcd", "renewed", 120),
        ("zaxcd", "renewed", 220),
        ("axyd", "renewed", 120),
        ("abxcd", "lost", 120),
        ("aBcd", "lost", 120),
        ("a", "lost", 120),
        ("cb", "lost", 120),
    ],
)
def test_a_region_follows_its_pages_or_is_lost(now, fate, y0):
    result = anchor(noted(120, pages(*"abcd")), pages(*now))
    assert (result.fate, result.region.y0) == (fate, y0)
    assert result.region.exact == (fate != "lost")


def test_a_page_that_other_regions_know_is_not_taken_for_one_encoded_anew():
    held = noted(120, pages(*"abcd"))
    assert anchor(held, pages(*"acd")).fate == "renewed"
    assert anchor(held, pages(*"acd"), known="abcd").fate == "lost"


def test_a_lost_region_is_found_again_when_its_pages_are_back():
    lost = anchor(noted(120, pages(*"abcd")), pages(*"abxcd")).region
    again = anchor(lost, pages(*"zabcd"))
    assert (again.fate, again.region.y0, again.region.placed) == ("moved", 220, True)


def test_pages_that_occur_twice_tell_together():
    region_on_both = noted(120, pages(*"awbwc"))
    assert anchor(region_on_both, pages(*"xawbwc")).region.y0 == 220


def test_a_page_of_another_size_may_be_a_row_higher():
    on = list(pages(*"abcd"))
    now = [on[0], PageUnder("x", 100, 201), PageUnder("c", 201, 301), PageUnder("d", 301, 401)]
    result = anchor(noted(120, on), now)
    assert (result.fate, result.region.y0) == ("renewed", 121)


def test_a_region_off_its_strip_is_lost():
    assert anchor(region(y0=900), pages(*"abcd")).fate == "lost"


def test_a_strip_whose_pages_lie_elsewhere_is_noticed():
    held = noted(120, pages(*"abcd"))
    assert not astray(held, [(page.y0, page.y1) for page in pages(*"abcd")])
    assert astray(held, [(page.y0, page.y1) for page in pages(*"Abcd")])
    assert not astray(region(), [])


def torn(now, shape=TRIANGLE, on="abcd", y0=120, height=150):
    labelled = replace(region(y0, height), id=7, instances=(Instance(1, "hair", shape),))
    return torn_apart(anchor(labelled, pages(*on)).region, pages(*now), on)


def places(parts):
    return [
        (part.id, part.y0, part.height, part.placed, "".join(page.sha256 for page in part.pages))
        for part in parts
    ]


@pytest.mark.parametrize(
    ("now", "parts"),
    [
        ("abxcd", [(7, 120, 80, True, "b"), (0, 300, 70, True, "c")]),
        ("axbXcd", [(7, 220, 80, True, "b"), (0, 500, 70, True, "c")]),
        ("cb", [(7, 120, 80, True, "b"), (0, 0, 70, True, "c")]),
        ("acd", [(7, 120, 80, False, "b"), (0, 100, 70, True, "c")]),
        ("abd", [(7, 120, 80, True, "b"), (0, 200, 70, False, "c")]),
        ("xyz", []),
    ],
)
def test_the_parts_of_a_region_follow_their_pages(now, parts):
    assert places(torn(now)) == parts


def test_a_page_encoded_anew_goes_with_the_neighbour_that_it_must_lie_beside():
    assert places(torn("aXyc", on="abc", y0=20, height=250)) == [
        (7, 20, 80, True, "a"),
        (0, 300, 170, True, "yc"),
    ]
    assert places(torn("axyc", on="abc", y0=20, height=250)) == [
        (7, 20, 80, True, "a"),
        (0, 100, 100, False, "b"),  # x or y: nothing tells
        (0, 300, 70, True, "c"),
    ]


def test_a_page_that_stands_twice_goes_with_its_neighbour():
    assert places(torn("awxbw", on="awb", y0=20, height=250)) == [
        (7, 20, 180, True, "aw"),
        (0, 300, 70, True, "b"),
    ]


def test_parts_on_lost_pages_are_found_again_when_these_are_back():
    lost = torn("acd")[0]
    again = anchor(lost, pages(*"xabcd"))
    assert (again.fate, again.region.y0, again.region.placed) == ("moved", 220, True)


def test_what_lies_on_one_page_keeps_its_id_and_polygons_and_what_is_cut_becomes_masks():
    upper, lower = torn("abxcd")
    assert [(label.id, label.segmentation) for label in upper.instances] == [(1, TRIANGLE)]
    assert lower.instances == ()
    upper, lower = torn("abxcd", ((3.0, 90.0, 60.0, 90.0, 60.5, 120.0),))
    assert [(label.id, label.segmentation) for label in lower.instances] == [
        (1, ((3.0, 10.0, 60.0, 10.0, 60.5, 40.0),))
    ]
    parts = torn("abxcd", ((3.0, 10.0, 60.0, 10.0, 60.0, 120.0),))
    assert [label.id for part in parts for label in part.instances] == [0, 0]
    assert all(isinstance(label.segmentation, dict) for part in parts for label in part.instances)


COORDINATES = st.lists(st.floats(0, 150), min_size=6, max_size=12).filter(lambda found: len(found) % 2 == 0)


@given(COORDINATES)
def test_the_parts_of_a_torn_region_show_each_pixel_of_its_labels_as_before(polygon):
    parts = torn("abxcd", (tuple(polygon),))
    shown = [
        sum((rasterise(label.segmentation, part.height, part.width) for label in part.instances), start=empty)
        for part, empty in ((part, np.zeros((part.height, part.width), dtype=bool)) for part in parts)
    ]
    assert (np.concatenate(shown) == rasterise([polygon], 150, 200)).all()


def test_rows_of_a_scaled_picture_that_show_two_pages_are_left_out():
    whole = replace(region(y0=120, height=50), scale=3.0)
    parts = torn_apart(anchor(whole, pages(*"abcd")).region, pages(*"abxcd"))
    assert [(part.y0, part.height, part.scale) for part in parts] == [(120, 26, 3.0), (301, 23, 3.0)]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A project of one series of two episodes with pages and strips, and their strips."""
    return draw_project(tmp_path_factory.mktemp("places"))


@pytest.fixture
def project(drawn):
    drawn.write(SeriesLabels("after-class"))
    return drawn


@pytest.fixture(scope="module")
def strip(drawn):
    return drawn.strip("after-class", "1")


@pytest.fixture(scope="module")
def coarse(strip):
    return coarse_strip(strip.rows, strip.width, strip.height)


def jpeg(picture, quality=40):
    return decode(encode(np.ascontiguousarray(picture), "jpg", quality), "crop")


def scaled(picture, width):
    size = width, round(picture.shape[0] * width / picture.shape[1])
    method = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=method), np.uint8)


@pytest.mark.parametrize(("left", "right"), [(0, 0), (17, 0), (9, 23)])
@pytest.mark.parametrize("grey", [False, True])
def test_a_crop_is_found_to_the_pixel_under_jpeg_grey_and_trimmed_borders(strip, coarse, left, right, grey):
    crop = jpeg(strip.rows(2100, 2750)[:, left : strip.width - right], 30)
    if grey:
        crop = np.repeat(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    found = decide(find_crop(crop, coarse, strip.rows), None)
    assert (found.x0, found.y0, found.scale) == (left, 2100, 1)


@pytest.mark.parametrize("width", [345, 512, 1000])
@pytest.mark.parametrize("left", [0, 20])
def test_a_rescaled_crop_is_found_to_a_pixel(strip, coarse, width, left):
    crop = jpeg(scaled(strip.rows(2100, 2750)[:, left:], width), 60)
    found = decide(find_crop(crop, coarse, strip.rows), None)
    assert max(abs(found.x0 - left), abs(found.y0 - 2100)) <= 1
    assert found.scale == pytest.approx((strip.width - left) / width, rel=3e-3)


@pytest.mark.parametrize("width", [512, 642, 1035])
@pytest.mark.parametrize("more", [-0.008, 0.008])
def test_a_crop_whose_sides_were_scaled_differently_is_left_to_a_person(strip, coarse, width, more):
    crop = scaled(strip.rows(2100, 2750)[:, 20:-20], width)
    stretched = cv2.resize(crop, (width, round(crop.shape[0] * (1 + more))), interpolation=cv2.INTER_CUBIC)
    for quality in (60, 92):
        (place, *_) = find_crop(jpeg(stretched, quality), coarse, strip.rows)
        assert place.stretched
        assert decide([place], 2100) is None
        (place, *_) = find_crop(jpeg(crop, quality), coarse, strip.rows)
        assert decide([place], None) is not None


def test_a_crop_of_which_one_end_is_plain_may_be_stretched_for_all_that_is_known(strip):
    rows = strip.rows(1800, 2900).copy()
    rows[:700] = rows[800:] = 230
    coarse = coarse_strip(lambda y0, y1: rows[y0:y1], 690, len(rows))
    (place, *_) = find_crop(jpeg(scaled(rows[300:900], 642)), coarse, lambda y0, y1: rows[y0:y1])
    assert not place.stretched


def test_a_place_of_another_drawing_is_not_called_stretched():
    assert not Found(0, 5, 1.0, 0.9, stretch_px=3.0).stretched
    assert Found(0, 5, 1.0, 0.97, stretch_px=3.0).stretched


def test_a_crop_whose_corner_nothing_drawn_holds_is_left_to_a_person():
    down = np.linspace(30, 220, 1200)[:, None, None]
    rows = np.broadcast_to(down, (1200, 690, 3)).astype(np.uint8).copy()
    coarse = coarse_strip(lambda y0, y1: rows[y0:y1], 690, 1200)
    gradient = jpeg(scaled(rows[300:700, :650], 500))
    assert decide(find_crop(gradient, coarse, lambda y0, y1: rows[y0:y1]), None) is None
    cv2.rectangle(rows, (200, 400), (520, 640), (255, 255, 255), -1)
    cv2.circle(rows, (330, 500), 60, (20, 20, 20), 4)
    coarse = coarse_strip(lambda y0, y1: rows[y0:y1], 690, 1200)
    held = jpeg(scaled(rows[300:700, :650], 500))
    found = decide(find_crop(held, coarse, lambda y0, y1: rows[y0:y1]), None)
    assert (found.x0, found.y0) == (0, 300)


def test_a_place_that_noise_could_have_pushed_is_not_meant():
    assert decide([Found(0, 5, 1.0, 0.99, slack_px=0.5)], 5) is None
    assert decide([Found(0, 5, 1.0, 0.99, slack_px=0.001)], None).y0 == 5


def test_a_crop_of_another_strip_is_found_nowhere(drawn, strip, coarse):
    other = drawn.strip("after-class", "2")
    for y0 in (700, 2100, 4000):
        places = find_crop(np.ascontiguousarray(other.rows(y0, y0 + 600)), coarse, strip.rows)
        assert decide(places, None) is None


def test_a_blank_crop_is_found_nowhere(strip, coarse):
    assert find_crop(np.full((300, 690, 3), 250, np.uint8), coarse, strip.rows) == []


def test_a_drawing_that_stands_twice_is_left_to_a_person(strip):
    once = strip.rows(2100, 2750)
    rows = np.concatenate([strip.rows(0, 900), once, strip.rows(4000, 4500), once])
    coarse = coarse_strip(lambda y0, y1: rows[y0:y1], rows.shape[1], len(rows))
    places = find_crop(jpeg(once), coarse, lambda y0, y1: rows[y0:y1])
    assert sorted(place.y0 for place in places[:2]) == [900, 2050]
    assert decide(places, None) is None
    assert decide(places, 2050).y0 == 2050
    assert decide(places, 2000) is None


def test_nothing_is_decided_without_a_good_place():
    assert decide([], None) is None
    assert decide([Found(0, 5, 1.0, 0.4)], 5) is None


def adrift(source, width, height, id_=1, episode="1", y0=0):
    instance = Instance(id_, "hair", TRIANGLE)
    return LabelledRegion(id_, "after-class", episode, 0, y0, width, height, source, (instance,), exact=False)


def save(folder, name, picture):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(encode(np.ascontiguousarray(picture), "jpg", 80))


def test_locate_places_what_it_finds_and_lists_the_rest(project, strip, tmp_path, capsys, monkeypatch):
    crops = tmp_path / "crops"
    save(crops, "rough/2103.jpg", scaled(strip.rows(2100, 2750), 1000))
    save(crops, "unknown.jpg", project.strip("after-class", "2").rows(1500, 2000))
    save(crops, "blank.jpg", np.full((80, 690, 3), 255, np.uint8))
    save(crops, "other.jpg", np.zeros((80, 80, 3), np.uint8))
    save(crops, "again.jpg", strip.rows(2110, 2740))
    save(crops, "train/twice.jpg", strip.rows(900, 1400))
    save(crops, "val/twice.jpg", strip.rows(4000, 4500))
    labels = (
        adrift("train/2103.jpg", 1000, 942, 1, y0=2103),
        adrift("unknown.jpg", 690, 500, 2, episode=""),
        adrift("blank.jpg", 690, 80, 3),
        adrift("other.jpg", 690, 80, 4),
        adrift("missing.jpg", 690, 80, 5),
        adrift("again.jpg", 690, 630, 6),
        adrift("elsewhere/twice.jpg", 690, 500, 7),
        adrift("val/twice.jpg", 690, 500, 8),
    )
    project.write(SeriesLabels("after-class", labels))
    monkeypatch.chdir(project.root)
    assert main(["labels", "locate", "--series", "after-class", "--pictures", str(crops)]) == 0
    printed = capsys.readouterr().out
    assert "3 of 8 regions placed" in printed
    for told in (
        "region 3 (blank.jpg): found nowhere, or nearly blank",
        "is 80 x 80 px, its labels are drawn on 690 x 80",
        "region 5 (missing.jpg): no picture of that name",
        "region 6 (again.jpg): lies at row 2110 of episode 1, which region 1",
        f"region 7 (elsewhere/twice.jpg): {crops}/train/twice.jpg and {crops}/val/twice.jpg have its name",
    ):
        assert told in printed
    regions = {found.id: found for found in project.read("after-class").regions}
    assert (regions[1].y0, regions[1].scale, regions[1].placed) == (2100, 0.69, True)
    assert (regions[2].episode, regions[2].y0, regions[2].scale) == ("2", 1500, 1)
    assert [of.instances[0].segmentation for of in regions.values()] == [TRIANGLE] * 8
    assert regions[8].y0 == 4000
    assert regions[2].pages
    assert not any(regions[id_].placed for id_ in (3, 4, 5, 6, 7))


def test_locate_tells_of_a_stretched_picture_and_places_one_that_exif_turns(project, strip, tmp_path):
    upright = np.ascontiguousarray(strip.rows(2100, 2750))
    save(tmp_path, "stretched.jpg", cv2.resize(upright, (640, 608), interpolation=cv2.INTER_AREA))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    lying = Image.fromarray(np.ascontiguousarray(np.rot90(strip.rows(4000, 4500))))
    lying.save(tmp_path / "lying.jpg", exif=exif)
    regions = adrift("stretched.jpg", 640, 608, 1), adrift("lying.jpg", 690, 500, 2)
    project.write(SeriesLabels("after-class", regions))
    told, notes = locate_labels(project, "after-class", tmp_path)
    assert "1 of 2 regions placed" in told
    assert len(notes) == 1
    assert notes[0].startswith(
        "region 1 (stretched.jpg): its width and height were scaled differently from episode 1 row 2100 (0.9"
    )
    assert notes[0].endswith("scale both alike, and its labels with them, and import it again")
    stretched, lying = project.read("after-class").regions
    assert not stretched.placed
    assert (lying.y0, lying.scale, lying.placed) == (4000, 1, True)


def test_locate_says_what_it_lacks(project, tmp_path):
    project.write(SeriesLabels("after-class", (replace(adrift("a.jpg", 99, 99), exact=True),)))
    with pytest.raises(LabelError, match="every region has its exact place already"):
        locate_labels(project, "after-class", tmp_path)
    project.write(SeriesLabels("after-class", (adrift("a.jpg", 99, 99),)))
    with pytest.raises(ToonsegError, match="is no folder: name the one that holds the pictures"):
        locate_labels(project, "after-class", tmp_path / "nowhere")


def test_anchor_notes_pages_and_follows_an_inserted_one(project, tmp_path):
    placed = replace(adrift("a.jpg", 690, 500, y0=2100), exact=True)
    project.write(SeriesLabels("after-class", (placed,)))
    assert anchor_labels(project, "after-class").endswith("after-class.json: 1 noted")
    assert anchor_labels(project, "after-class").endswith("after-class.json: 1 kept")
    (held,) = project.read("after-class").regions
    assert all(len(page.sha256) == 64 for page in held.pages)
    shifted = [replace(page, y0=page.y0 + 300, y1=page.y1 + 300) for page in held.pages]
    earlier = replace(held, y0=held.y0 + 300, pages=tuple(shifted))
    project.write(SeriesLabels("after-class", (earlier,)))
    assert anchor_labels(project, "after-class").endswith("after-class.json: 1 moved")
    assert project.read("after-class").regions == (held,)
    unknown = tuple(replace(page, sha256="0", y0=page.y0 + 9, y1=page.y1 + 99) for page in held.pages)
    project.write(SeriesLabels("after-class", (replace(held, pages=unknown),)))
    told = anchor_labels(project, "after-class")
    assert "1 lost; nothing tells where 1 lie now: see `toonseg labels locate`" in told
    assert json.loads(project.label_file("after-class").read_text())["images"][0]["exact"] is False


def test_a_page_that_came_between_the_pages_of_a_region_tears_it_and_loses_nothing(project):
    rows = project.page_rows("after-class", "1")
    upper, inserted, lower = rows[1:4]
    shape = ((9.0, 20.0, 300.0, 20.0, 300.0, 180.0, 9.0, 180.0),)
    under = upper, replace(lower, y0=upper.y1, y1=upper.y1 + lower.y1 - lower.y0)
    y0 = upper.y1 - 100
    whole = LabelledRegion(
        1, "after-class", "1", 0, y0, 690, 200, "a.jpg", (Instance(5, "hair", shape),), pages=under
    )
    project.write(SeriesLabels("after-class", (whole,)))
    told = anchor_labels(project, "after-class")
    assert told.endswith(
        f"region 1 (rows {y0} to {y0 + 200} of episode 1) torn in 2 parts, and as it was in the history"
    )
    labels = project.read("after-class")
    assert [(part.id, part.y0, part.height) for part in labels.regions] == [(1, y0, 100), (2, lower.y0, 100)]
    assert [label.id for part in labels.regions for label in part.instances] == [6, 7]
    (old,) = labels.history
    assert (old.region.instances, old.by) == (whole.instances, "toonseg labels anchor")
    assert inserted.sha256 not in {page.sha256 for part in labels.regions for page in part.pages}
    assert anchor_labels(project, "after-class").endswith("2 kept")
