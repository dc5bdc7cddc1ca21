"""The demo's episodes: pages that a site could serve, and a truth that fits them to the pixel."""

import io
import json
from collections import Counter
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image

from toonseg.demo import SERIES
from toonseg.demo.artist.board import draw_strip
from toonseg.demo.artist.episode import Episode, draw_episode, episode_title, publish
from toonseg.demo.artist.layout import plan_episode
from toonseg.demo.artist.letters import font, wrap
from toonseg.demo.artist.pages import OTHER_WIDTHS, slice_pages
from toonseg.demo.artist.scripts import SCRIPTS, all_text
from toonseg.demo.labels import CLASSES, SMALLEST_PX, label_episodes, label_regions, trace
from toonseg.errors import ToonsegError
from toonseg.formats.labelwriter import label_text
from toonseg.geometry import rasterise

strip_of = lru_cache(draw_strip)
ONE_EACH = [("after-class", 3), ("moonlit-bus", 5), ("tidal-town", 2)]
LABELLED = [(series, number) for series, number in ONE_EACH if SERIES[series].labelled]
each = pytest.mark.parametrize(("series", "number"), ONE_EACH)


@lru_cache
def drawn(series: str, number: int) -> Episode:
    return publish(series, number, strip_of(series, number))


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_series_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ToonsegError, match="no series 'after-glass': it has after-class, moonlit-bus"):
        draw_episode("after-glass", 1)


@pytest.mark.parametrize("number", [0, 7])
def test_an_episode_that_is_not_there_is_named_with_those_that_are(number: int) -> None:
    with pytest.raises(ToonsegError, match=f"tidal-town has the episodes 1 to 6, not {number}"):
        draw_episode("tidal-town", number)


def test_the_facts_of_a_series_are_those_of_its_script_and_style() -> None:
    for series, facts in SERIES.items():
        assert facts.title == SCRIPTS[series].name
        assert facts.episodes == len(SCRIPTS[series].titles)
        assert facts.width_px == plan_episode(series, 1).width


def test_the_same_episode_has_the_same_bytes_and_truth_again() -> None:
    first, again = drawn("after-class", 3), draw_episode("after-class", 3)
    assert again.pages == first.pages
    assert (again.panels, again.texts, again.bands) == (first.panels, first.texts, first.bands)
    for one, other in zip(first.instances, again.instances, strict=True):
        assert one[:4] == other[:4]
        assert np.array_equal(one.mask, other.mask)


def test_all_episodes_have_plans_of_12_to_15_panels_and_differ() -> None:
    plans = {
        (name, n): plan_episode(name, n)
        for name, facts in SERIES.items()
        for n in range(1, facts.episodes + 1)
    }
    assert {len(plan.cells) for plan in plans.values()} <= {12, 13, 14, 15}
    assert len({plan.cells for plan in plans.values()}) == len(plans)
    for plan in plans.values():
        assert (plan.papers[0].y0, plan.papers[-1].y1) == (0, plan.height)
        assert all(above.y1 == below.y0 for above, below in zip(plan.papers, plan.papers[1:], strict=False))


@each
def test_pages_are_whole_jpegs_named_by_series_episode_and_page(series: str, number: int) -> None:
    for place, (name, data) in enumerate(drawn(series, number).pages, start=1):
        assert name == f"{series}_{number}_{place:02d}.jpg"
        assert data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9"
        page = opened(data)
        page.load()
        assert (page.format, page.mode) == ("JPEG", "RGB")


@each
def test_pages_scaled_to_the_strips_width_tile_the_strip(series: str, number: int) -> None:
    episode = drawn(series, number)
    strip = strip_of(series, number).strip
    widths = []
    y0 = 0
    for _, data in episode.pages:
        page = opened(data)
        widths.append(page.width)
        height = round(page.height * episode.width / page.width)
        assert height <= 1600
        seen = np.asarray(page.resize((episode.width, height)), np.int16)
        assert np.abs(seen - strip[y0 : y0 + height]).mean() < 4
        y0 += height
    assert y0 == episode.height == len(strip)
    assert 1 <= sum(width != episode.width for width in widths) <= 2
    assert set(widths) <= {episode.width, *(width for width, _ in OTHER_WIDTHS[episode.width])}


def test_a_strip_lower_than_a_page_is_one_page_of_its_own_width() -> None:
    ((name, data),) = slice_pages(np.zeros((40, 690, 3), np.uint8), "a_1", np.random.default_rng(0))
    assert (name, opened(data).size) == ("a_1_01.jpg", (690, 40))


@each
def test_panels_lie_on_the_strip_apart_from_each_other_and_from_texts(series: str, number: int) -> None:
    episode = drawn(series, number)
    boxes = [*episode.panels, *episode.texts]
    for x0, y0, x1, y1 in boxes:
        assert 0 <= x0 < x1 <= episode.width
        assert 0 <= y0 < y1 <= episode.height
    for place, a in enumerate(boxes):
        for b in boxes[place + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@each
def test_rows_between_bands_are_of_one_colour(series: str, number: int) -> None:
    episode, strip = drawn(series, number), strip_of(series, number).strip
    gutter = np.ones(episode.height, bool)
    for y0, y1 in episode.bands:
        gutter[y0:y1] = False
    assert gutter.any()
    rows = strip[gutter].astype(np.int16)
    assert np.abs(rows - rows[:, :1]).max() <= 6  # the palest edge of a letter may reach past its box
    for _, y0, _, y1 in (*episode.panels, *episode.texts):
        assert not gutter[y0:y1].any()


@each
def test_every_mask_lies_in_its_panel_and_none_shares_a_pixel(series: str, number: int) -> None:
    episode = drawn(series, number)
    taken = np.zeros((episode.height, episode.width), np.uint8)
    for name, panel, x0, y0, mask in episode.instances:
        assert name in CLASSES
        assert mask[[0, -1]].any(axis=1).all() and mask[:, [0, -1]].any(axis=0).all()
        left, top, right, bottom = episode.panels[panel]
        height, width = mask.shape
        assert left <= x0 and top <= y0 and x0 + width <= right and y0 + height <= bottom
        taken[y0 : y0 + height, x0 : x0 + width] += mask
    assert taken.max() == 1


def test_each_class_occurs_often() -> None:
    for series, number in LABELLED:
        counts = Counter(instance.class_name for instance in drawn(series, number).instances)
        assert counts["hair"] >= 10
    everywhere = Counter(i.class_name for key in ONE_EACH for i in drawn(*key).instances)
    assert set(everywhere) == set(CLASSES)


def test_the_fonts_hold_every_character_that_is_written() -> None:
    for weight in ("Regular", "Bold"):
        face = font(weight, 40)
        empty = [letter for letter in all_text() if face.getmask(letter).getbbox() is None]
        assert empty == [" "]  # what a font lacks is drawn as nothing


def test_titles_are_numbered() -> None:
    assert episode_title("after-class", 3) == "제3화 비 오는 날"


def test_lines_are_broken_at_spaces_and_evenly() -> None:
    face = font("Regular", 20)
    assert wrap("가", face, 10) == ("가",)
    assert wrap("가나 다라 마바 사아", face, face.getlength("가나 다라 마바")) == ("가나 다라", "마바 사아")


def square(*holes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((60, 60), bool)
    mask[5:55, 5:55] = True
    for x0, y0, x1, y1 in holes:
        mask[y0:y1, x0:x1] = False
    return mask


def test_nothing_and_what_is_too_small_is_not_traced() -> None:
    assert trace(np.zeros((4, 4), bool)) == []
    small = np.zeros((40, 40), bool)
    small[:1, :] = True
    small[:, :1] = True
    assert np.count_nonzero(small) < SMALLEST_PX
    assert trace(small) == []


def test_a_square_is_traced_by_its_corners() -> None:
    (polygon,) = trace(square())
    assert len(polygon) == 8
    assert np.array_equal(rasterise([polygon], 60, 60), square())


@pytest.mark.parametrize("holes", [[(20, 20, 40, 40)], [(10, 10, 20, 50), (30, 10, 50, 30)]])
def test_holes_are_cut_open_without_losing_pixels(holes: list[tuple[int, int, int, int]]) -> None:
    (polygon,) = trace(square(*holes))
    assert np.array_equal(rasterise([polygon], 60, 60), square(*holes))


def test_parts_of_one_instance_stay_together_without_crumbs() -> None:
    parts = square((20, 0, 30, 60))
    parts[0:2, 0:2] = True
    assert [len(polygon) for polygon in trace(parts)] == [8, 8]


@pytest.mark.parametrize(("series", "number"), LABELLED)
def test_labels_agree_with_the_masks(series: str, number: int) -> None:
    episode = drawn(series, number)
    document = label_episodes(series, [episode])
    assert json.loads(label_text(document)) == document
    assert document["info"]["series"] == series
    wanted = _wanted(episode)
    images = {image["id"]: image for image in document["images"]}
    assert len(document["annotations"]) == len(wanted)
    overlaps = []
    for row, (name, truth) in zip(document["annotations"], wanted, strict=True):
        image = images[row["image_id"]]
        assert CLASSES[row["category_id"] - 1] == name
        y0, y1 = image["y0"], image["y0"] + image["height"]
        drawn_mask = rasterise(row["segmentation"], image["height"], image["width"])
        overlaps.append((drawn_mask & truth[y0:y1]).sum() / (drawn_mask | truth[y0:y1]).sum())
    assert np.mean(overlaps) > 0.97
    assert np.min(overlaps) > 0.85


def _wanted(episode: Episode) -> list[tuple[str, np.ndarray]]:
    """What a person labels, in the order of regions: class and mask on the whole strip."""
    masks = []
    for _, members in label_regions(episode):
        for name, panel, x0, y0, mask in episode.instances:
            if panel in members and trace(mask):
                whole = np.zeros((episode.height, episode.width), bool)
                whole[y0 : y0 + mask.shape[0], x0 : x0 + mask.shape[1]] = mask
                masks.append((name, whole))
    return masks


@each
def test_rough_cuts_hold_each_panel_once_and_do_not_overlap(series: str, number: int) -> None:
    episode = drawn(series, number)
    regions = label_regions(episode)
    assert sorted(index for _, members in regions for index in members) == list(range(len(episode.panels)))
    row = 0
    for (x0, y0, x1, y1), members in regions:
        assert (x0, x1) == (0, episode.width)
        assert row <= y0
        assert all(y0 <= episode.panels[index][1] and episode.panels[index][3] <= y1 for index in members)
        row = y1
