"""Labels of the strip fall on panels: whole, once, and none lost without being counted."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonseg.errors import LabelError, ToonsegError
from toonseg.geometry import decode_rle, encode_rle, rasterise
from toonseg.images import decode, encode
from toonseg.labels.alike import LEAST_COMMON, common_steps, fingerprint
from toonseg.labels.dataset import ClassInstances, SeriesPanels, build_dataset
from toonseg.labels.listed import Listing
from toonseg.labels.project import project
from toonseg.labels.regions import Instance, LabelledRegion
from toonseg.records import Panel
from toonseg.splits import SplitParams

PARAMS = SplitParams(train=0.5, val=0, seed=1, by="panel", lists="", min_visible=0.5, min_labelled=0.9)


def drawn(*rows):
    return np.array([[pixel == "#" for pixel in row] for row in rows], dtype=bool)


def hair(*rows, id_=1, name="hair", ignored=False):
    """An instance, drawn in its region's frame."""
    return Instance(id_, name, encode_rle(drawn(*rows)), ignored)


def region(*instances, x0=0, y0=0, width=6, height=4, episode="1", id_=1):
    return LabelledRegion(id_, "school", episode, x0, y0, width, height, "", instances)


def panel(x0, y0, x1, y1, *, episode="1", kind="panel", series="school"):
    path = f"{series}/{episode}/{y0:06d}-{x0:04d}.png" if kind == "panel" else ""
    return Panel(series, episode, x0, y0, x1, y1, kind, path)


def shown(projection):
    """What each labelled panel shows, by its place: a drawing of each annotation, of ``?`` if ignored."""
    return {
        (of.panel.x0, of.panel.y0): [
            [
                "".join("?#"[not label.ignored] if pixel else "." for pixel in row)
                for row in decode_rle(label.rle)
            ]
            for label in of.annotations
        ]
        for of in projection.labelled
    }


def look(panels, regions, min_visible=0.5, min_labelled=0.9):
    return project(panels, regions, min_visible, min_labelled)


def test_nothing_gives_nothing():
    assert look([], []) == project([], [], 0, 1)
    assert look([], []).labelled == ()
    assert look([], []).fates == {}


def test_a_panel_without_labels_near_it_is_unlabelled():
    projection = look([panel(0, 0, 6, 4), panel(0, 90, 6, 94)], [region(y0=0)])
    assert [of.panel.y0 for of in projection.labelled] == [0]
    assert [left.y0 for left in projection.unlabelled] == [90]


def test_labels_of_another_episode_or_series_do_not_count():
    panels = [panel(0, 0, 6, 4, episode="2"), panel(0, 0, 6, 4, series="night")]
    assert look(panels, [region()]).labelled == ()


def test_a_drawing_of_text_is_no_panel():
    projection = look([panel(0, 0, 6, 4, kind="text")], [region()])
    assert projection.labelled == projection.unlabelled == ()


def test_an_instance_is_cropped_to_the_panel_and_moved_into_its_frame():
    whole = region(hair("......", ".###..", ".###..", "......"), x0=10, y0=100)
    projection = look([panel(11, 101, 15, 104)], [whole])
    assert shown(projection) == {(11, 101): [["###.", "###.", "...."]]}
    (label,) = projection.labelled[0].annotations
    assert (label.name, label.box, label.area, label.ignored) == ("hair", (0, 0, 3, 2), 6, False)
    assert projection.fates == {("hair", "kept"): 1}


def test_parts_of_an_instance_stay_one():
    projection = look([panel(0, 0, 6, 4)], [region(hair("##....", "......", "....##", "......"))])
    assert shown(projection) == {(0, 0): [["##....", "......", "....##", "......"]]}


def test_a_polygon_is_rasterised_in_its_regions_frame_before_it_is_cropped():
    wavy = ((0.3, 0.7, 5.45, 1.26, 4.9, 3.51, 1.24, 3.49),)
    labelled = region(Instance(1, "tie", wavy), x0=3, y0=50_001)
    (of,) = look([panel(4, 50_002, 9, 50_005)], [labelled]).labelled
    expected = rasterise(wavy, 4, 6)[1:, 1:]
    assert decode_rle(of.annotations[0].rle).tolist() == expected.tolist()


def test_below_min_visible_it_is_an_ignored_region_and_at_it_a_label():
    upper, lower = panel(0, 0, 6, 1), panel(0, 1, 6, 4)
    labelled = region(hair("#.....", "#.....", "#.....", "#....."))
    assert shown(look([upper, lower], [labelled], min_visible=0.26)) == {
        (0, 0): [["?....."]],
        (0, 1): [["#....."] * 3],
    }
    assert shown(look([upper, lower], [labelled], min_visible=0.25))[0, 0] == [["#....."]]


def test_an_instance_in_the_gutter_is_counted_as_outside():
    labelled = region(hair("......", "......", "......", "######"))
    projection = look([panel(0, 0, 6, 3)], [labelled])
    assert shown(projection) == {(0, 0): []}
    assert projection.fates == {("hair", "outside"): 1}


def test_a_shape_too_thin_for_any_pixel_is_counted_as_outside():
    sliver = Instance(1, "tie", ((1.0, 1.0, 1.01, 1.0, 1.01, 1.01),))
    assert look([panel(0, 0, 6, 4)], [region(sliver)], min_visible=0).fates == {("tie", "outside"): 1}


def test_an_instance_that_only_an_unlabelled_panel_shows_is_counted_as_outside():
    projection = look([panel(0, 0, 6, 40)], [region(hair("##....", "......", "......", "......"))])
    assert projection.labelled == ()
    assert projection.fates == {("hair", "outside"): 1}


def test_what_a_person_marked_as_ignored_stays_ignored():
    projection = look([panel(0, 0, 6, 4)], [region(hair("##....", *["......"] * 3, ignored=True))])
    assert shown(projection) == {(0, 0): [["??....", *["......"] * 3]]}
    assert projection.fates == {("hair", "ignored"): 1}


def test_a_panel_may_span_regions_and_each_brings_its_own_labels():
    upper = region(hair("######", *["......"] * 3), y0=0)
    lower = region(hair("......", "######", *["......"] * 2), y0=4, id_=2)
    projection = look([panel(0, 0, 6, 6)], [lower, upper])
    assert shown(projection) == {
        (0, 0): [["######", *["......"] * 5], [*["......"] * 5, "######"]],
    }


def test_a_thing_that_overlapping_regions_draw_is_one():
    upper = region(hair("......", "..##..", "..##..", "..##.."), y0=0)
    lower = region(hair("..##..", "..##..", "..##..", "......"), y0=2, id_=2)  # rows 2 to 4; 1 is not in it
    projection = look([panel(0, 0, 6, 6)], [upper, lower])
    assert shown(projection) == {(0, 0): [["......", *["..##.."] * 4, "......"]]}
    assert projection.fates == {("hair", "kept"): 2}


def test_three_tiles_draw_one_thing_and_ignored_parts_of_it_do_not_hide_it():
    rows = ["......", *["..##.."] * 7, "......", "......"]
    tiles = [
        region(hair(*rows[y0 : y0 + 4], ignored=y0 == 0), y0=y0, id_=number)
        for number, y0 in enumerate((0, 3, 6), 1)
    ]
    assert shown(look([panel(0, 0, 6, 10)], tiles)) == {(0, 0): [rows]}


@pytest.mark.parametrize(
    ("name", "rows"),
    [("tie", ["..##..", "..##..", "......", "......"]), ("hair", ["....##", "....##", "......", "......"])],
)
def test_things_of_another_class_or_place_in_overlapping_regions_stay_two(name, rows):
    upper = region(hair("......", "..##..", "..##..", "..##.."), y0=0)
    lower = region(hair(*rows, name=name), y0=2, id_=2)
    ((annotations),) = shown(look([panel(0, 0, 6, 6)], [upper, lower])).values()
    assert len(annotations) == 2


@pytest.mark.parametrize(("min_labelled", "count"), [(0.66, 1), (0.67, 0)])
def test_a_panel_belongs_to_the_dataset_when_enough_of_it_lies_in_regions(min_labelled, count):
    overlapping = [region(y0=0), region(y0=2, id_=2)]  # rows 0 to 6 of the panel's 9
    assert len(look([panel(0, 0, 6, 9)], overlapping, min_labelled=min_labelled).labelled) == count


def test_pixels_that_two_panels_show_belong_to_the_one_that_holds_most_of_the_instance():
    left, right = panel(0, 0, 4, 4), panel(3, 0, 6, 4)
    labelled = region(hair("######", *["......"] * 3))
    assert shown(look([left, right], [labelled], min_visible=0.3)) == {
        (0, 0): [["####", *["...."] * 3]],
        (3, 0): [[".##", *["..."] * 3]],
    }


def test_what_an_overlapping_panel_shows_of_anothers_instance_is_ignored_there():
    left, right = panel(0, 0, 4, 4), panel(3, 0, 6, 4)
    projection = look([left, right], [region(hair("...#..", *["......"] * 3))])
    assert shown(projection) == {
        (0, 0): [["...#", *["...."] * 3]],
        (3, 0): [["?..", *["..."] * 3]],
    }
    assert projection.fates == {("hair", "kept"): 1}


def test_panels_come_in_the_order_of_the_strip_whatever_the_input_order():
    panels = [panel(0, y, 6, y + 4, episode=episode) for episode in ("10", "2") for y in (40, 4)]
    regions = [region(height=100, episode=episode) for episode in ("10", "2")]
    places = [(of.panel.episode, of.panel.y0) for of in look(panels, regions).labelled]
    assert places == [("2", 4), ("2", 40), ("10", 4), ("10", 40)]


grids = st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=4, max_size=4).map(np.array)
tiles = st.tuples(st.integers(1, 5), st.integers(1, 3))
few_boxes = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(1, 6), st.integers(1, 4)), max_size=4
)
law = settings(deadline=None)


@law
@given(grids, tiles)
def test_tiles_of_a_region_share_an_instance_exactly(grid, cut):
    x, y = cut
    boxes = [(0, 0, x, y), (x, 0, 6, y), (0, y, x, 4), (x, y, 6, 4)]
    projection = look(
        [panel(*box) for box in boxes],
        [region(Instance(1, "hair", encode_rle(grid)))],
        min_visible=0,
    )
    again = np.zeros((4, 6), dtype=bool)
    for of in projection.labelled:
        for label in of.annotations:
            assert not label.ignored
            again[of.panel.y0 : of.panel.y1, of.panel.x0 : of.panel.x1] |= decode_rle(label.rle)
    assert again.tolist() == grid.tolist()


@law
@given(grids, few_boxes, st.sampled_from([0, 0.3, 0.5, 1]))
def test_panels_however_they_overlap_keep_no_pixel_twice_and_lose_none_they_show(grid, sizes, least):
    boxes = {(x0, y0, min(x0 + width, 6), min(y0 + height, 4)) for x0, y0, width, height in sizes}
    projection = look(
        [panel(*box) for box in boxes],
        [region(Instance(1, "hair", encode_rle(grid)))],
        min_visible=least,
    )
    kept, seen, visible = (np.zeros((4, 6), dtype=int) for _ in range(3))
    for of in projection.labelled:
        window = np.s_[of.panel.y0 : of.panel.y1, of.panel.x0 : of.panel.x1]
        visible[window] |= grid[window]
        for label in of.annotations:
            seen[window] |= decode_rle(label.rle)
            if not label.ignored:
                kept[window] += decode_rle(label.rle)
                assert label.area >= least * grid.sum()
    assert kept.max() <= 1
    assert seen.tolist() == visible.tolist()
    assert sum(projection.fates.values()) == 1


def unlike(panels):
    """Fingerprints of pictures that have nothing in common."""
    return np.random.default_rng(1).integers(0, 2**63, (len(panels), 8), dtype=np.uint64)


def same(panels):
    """Fingerprints of one picture."""
    return np.full((len(panels), 8), 7, dtype=np.uint64)


def many_panels(count):
    panels = [panel(0, 10 * index, 6, 10 * index + 4) for index in range(count)]
    regions = [region(hair("##....", *["......"] * 3), y0=of.y0, id_=1 + of.y0) for of in panels]
    return panels, regions


def test_a_dataset_holds_every_labelled_panel_once_and_counts_what_it_holds():
    panels, regions = many_panels(4)
    gutter = region(hair("######", *["......"] * 3, name="tie"), y0=70, id_=99, episode="2")
    unlabelled = panel(0, 900, 6, 904)
    dataset = build_dataset([*panels, unlabelled], [*regions, gutter], ["hair", "tie"], PARAMS, unlike)
    sides = [[of.panel for of in side] for side in (dataset.train, dataset.test)]
    assert sorted(sides[0] + sides[1], key=lambda of: of.y0) == panels
    assert dataset.counts == {
        "panels": {"train": 2, "test": 2, "unlabelled": 1},
        "instances": {"train": 2, "test": 2},
        "labels": {"kept": 4, "ignored": 0, "outside": 1, "unplaced": 0},
        "regions": {"placed": 5, "unplaced": 0},
        "leaks": {
            "scored_panels": 2,
            "with_their_episode_in_train": 2,
            "with_a_near_duplicate_in_train": 0,
            "near_duplicate_panels": 0,
        },
    }
    assert dataset.classes == (ClassInstances("hair", 2, 0, 2), ClassInstances("tie", 0, 0, 0))
    assert dataset.series == (SeriesPanels("school", 2, 0, 2, 1, 0),)


def test_ignored_regions_are_not_counted_as_instances():
    panels, regions = many_panels(2)
    marked = [
        replace(of, instances=tuple(replace(label, ignored=True) for label in of.instances)) for of in regions
    ]
    counts = build_dataset(panels, marked, ["hair"], PARAMS, unlike).counts
    assert counts["instances"] == {"train": 0, "test": 0}
    assert counts["labels"] == {"kept": 0, "ignored": 2, "outside": 0, "unplaced": 0}


def test_a_split_by_episode_keeps_the_panels_of_an_episode_together():
    panels = [panel(0, 10 * row, 6, 10 * row + 4, episode=str(number)) for number in (1, 2) for row in (0, 1)]
    regions = [region(height=14, episode=number) for number in ("1", "2")]
    dataset = build_dataset(panels, regions, ["hair"], replace(PARAMS, by="episode"), unlike)
    assert (
        len({of.panel.episode for of in dataset.train}) == len({of.panel.episode for of in dataset.test}) == 1
    )


def test_without_a_labelled_panel_it_says_what_to_add():
    with pytest.raises(LabelError, match=r"none of the 1 panels lies in a labelled region: add labels"):
        build_dataset([panel(0, 0, 6, 4)], [], ["hair"], PARAMS, unlike)


def test_with_one_labelled_panel_it_says_that_a_side_is_empty():
    panels, regions = many_panels(1)
    with pytest.raises(ToonsegError, match=r"leaves no panel for testing out of 1 labelled .* 1 group"):
        build_dataset(panels, regions, ["hair"], PARAMS, unlike)


def test_a_region_without_an_exact_place_labels_nothing_and_is_counted():
    adrift = replace(region(hair("######", *["......"] * 3)), exact=False)
    unknown = replace(adrift, episode="", id=2)
    projection = look([panel(0, 0, 6, 4)], [adrift, unknown])
    assert projection.labelled == ()
    assert projection.fates == {("hair", "unplaced"): 2}


@pytest.mark.parametrize("as_mask", [False, True])
def test_a_region_drawn_at_another_scale_is_scaled_to_the_strip(as_mask):
    shape = ((4.0, 2.0, 12.0, 2.0, 12.0, 8.0, 4.0, 8.0),)
    drawn_shape = encode_rle(rasterise(shape, 8, 12)) if as_mask else shape
    twice = region(Instance(1, "hair", drawn_shape), width=12, height=8, x0=3, y0=10)
    (of,) = look([panel(3, 10, 9, 14)], [replace(twice, scale=0.5)]).labelled
    assert decode_rle(of.annotations[0].rle).astype(int).tolist() == [[0] * 6, *[[0, 0, 1, 1, 1, 1]] * 3]


def test_near_duplicates_come_on_one_side_and_none_leaks():
    panels, regions = many_panels(8)
    far = replace(regions[7], instances=(hair(*["......"] * 3, "....##"),))
    dataset = build_dataset(panels, [*regions[:7], far], ["hair"], PARAMS, same)
    sides = [{of.panel.y0 for of in side} for side in (dataset.train, dataset.test)]
    assert sorted(map(len, sides)) == [1, 7]
    assert {70} in sides
    assert dataset.counts["leaks"]["with_a_near_duplicate_in_train"] == 0
    assert dataset.counts["leaks"]["near_duplicate_panels"] == 7
    pairs = [(pair.first, pair.second) for pair in dataset.near_duplicates]
    assert len(pairs) == 7 * 6 // 2
    assert pairs == sorted(pairs)
    assert {int(id_.split("/")[-1].split("-")[0]) for pair in pairs for id_ in pair} == set(range(0, 70, 10))


def test_panels_with_the_same_labels_but_other_pictures_are_no_duplicates():
    panels, regions = many_panels(8)
    leaks = build_dataset(panels, regions, ["hair"], PARAMS, unlike).counts["leaks"]
    assert leaks["near_duplicate_panels"] == 0


def test_only_panels_with_a_partner_in_labels_are_looked_at():
    panels, regions = many_panels(3)
    regions[2] = replace(regions[2], instances=(hair("##....", *["......"] * 3, name="tie"),))
    asked = []

    def look(wanted):
        asked.extend(wanted)
        return unlike(wanted)

    build_dataset(panels, regions, ["hair", "tie"], PARAMS, look)
    assert asked == panels[:2]


def test_validation_is_a_side_of_its_own():
    panels, regions = many_panels(10)
    dataset = build_dataset(panels, regions, ["hair"], replace(PARAMS, val=0.2), unlike)
    assert [len(side) for side in (dataset.train, dataset.val, dataset.test)] == [5, 2, 3]
    assert dataset.counts["panels"] == {"train": 5, "val": 2, "test": 3, "unlabelled": 0}
    assert dataset.counts["leaks"]["scored_panels"] == 5


def test_lists_of_panels_or_of_labelled_pictures_repeat_a_split():
    panels, regions = many_panels(4)
    regions = [replace(of, source=f"val_images/{of.y0}.jpg") for of in regions]
    listing = Listing("lists", (("1", "0"), ("1", "000010-0000"), ("1", "0")), (), (("1", "20"), ("9", "99")))
    dataset = build_dataset(panels, regions, ["hair"], PARAMS, unlike, listing)
    assert [[of.panel.y0 for of in side] for side in (dataset.train, dataset.test)] == [[0, 10], [20]]
    assert dataset.counts["lists"] == {"entries_without_panel": 1, "panels_not_listed": 1}
    assert dataset.counts["panels"] == {"train": 2, "test": 1, "unlabelled": 0, "not_listed": 1}


def test_a_split_repeated_from_lists_tells_its_leaks():
    panels, regions = many_panels(3)
    listing = Listing("lists", (("1", "000000-0000"),), (), (("1", "000010-0000"), ("1", "000020-0000")))
    counts = build_dataset(panels, regions, ["hair"], PARAMS, same, listing).counts
    assert counts["leaks"] == {
        "scored_panels": 2,
        "with_their_episode_in_train": 2,
        "with_a_near_duplicate_in_train": 2,
        "near_duplicate_panels": 3,
    }


@pytest.mark.parametrize(
    ("train", "test", "sentence"),
    [
        (["0"], ["0"], r"lists: lists 1/0 \(panel school/1/000000-0000\) for train and for test: leave it"),
        (["0"], ["7"], "lists: no picture that it lists for test is a labelled panel"),
        (["7"], ["0"], "lists: no picture that it lists for train is a labelled panel"),
    ],
)
def test_lists_that_cannot_be_repeated_are_refused(train, test, sentence):
    panels, regions = many_panels(2)
    regions = [replace(of, source=f"{of.y0}.jpg") for of in regions]
    listing = Listing("lists", tuple(("1", stem) for stem in train), (), tuple(("1", stem) for stem in test))
    with pytest.raises(LabelError, match=sentence):
        build_dataset(panels, regions, ["hair"], PARAMS, unlike, listing)


def picture(seed):
    """Soft blobs of grey, 120 x 90, as unlike as two drawings."""
    noise = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (120, 90), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("quality", [30, 90])
def test_a_picture_saved_again_darker_and_with_a_bubble_keeps_its_fingerprint(quality):
    drawn_once = picture(1)
    again = (decode(encode(drawn_once, "jpg", quality), "") * 0.7).astype(np.uint8)
    again[5:25, 5:45] = 255
    assert common_steps(fingerprint(drawn_once), fingerprint(again)) >= LEAST_COMMON


def test_other_pictures_have_other_fingerprints_and_blank_ones_none():
    prints = np.array([fingerprint(picture(seed)) for seed in range(20)])
    common = [common_steps(prints[a], prints[b]) for a in range(20) for b in range(a)]
    assert max(common) < LEAST_COMMON
    blank = fingerprint(np.full((50, 60, 3), 255, np.uint8))
    assert not blank.any()
    assert common_steps(blank, blank) == 1
