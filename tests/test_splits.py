"""A split is a partition, of the asked size, fair to series and classes, and steady when the ratio moves."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonseg.errors import ToonsegError
from toonseg.images import encode
from toonseg.records import Panel, Placement
from toonseg.splits import Item, apportion, joined_groups, split_panels
from toonseg.store import write_bytes, write_json, write_table
from toonseg.times import TIMES

ROOT = Path(__file__).parent.parent
CLASSES = ["hair", "outer", "vest"]


def item(series, number, counts=None, group=None):
    name = f"{series}/{number:03d}"
    return Item(name, series, group or name, counts or {})


def school(count, series="school"):
    """Panels of one to three people; every seventh with a vest, every fifth empty."""
    return [
        item(series, number, {"hair": 1 + number % 3, "outer": number % 2, "vest": number % 7 == 0})
        if number % 5
        else item(series, number)
        for number in range(count)
    ]


def held(items, ids):
    counts: Counter[str] = Counter()
    for of in items:
        if of.id in set(ids):
            counts.update(of.counts)
    return counts


panels = st.lists(
    st.tuples(st.sampled_from("abc"), st.dictionaries(st.sampled_from(CLASSES), st.integers(0, 4))),
    min_size=2,
    max_size=60,
).map(lambda rows: [item(series, number, counts) for number, (series, counts) in enumerate(rows)])
shares = st.floats(0.01, 0.99)
law = settings(deadline=None)


def fits(items, share):
    return 0 < int(share * len(items) + 0.5) < len(items)


@law
@given(panels, shares, st.integers(0, 9))
def test_a_split_is_a_partition_of_the_asked_size_within_a_panel_in_each_series(items, share, seed):
    if not fits(items, share):
        with pytest.raises(ToonsegError, match="leaves no panel for"):
            split_panels(items, share, 0, seed)
        return
    split = split_panels(items, share, 0, seed)
    assert sorted(split.train + split.test) == sorted(of.id for of in items)
    assert len(split.train) == int(share * len(items) + 0.5)
    for series in "abc":
        own = [of for of in items if of.series == series]
        taken = sum(of.id in split.train for of in own)
        # The whole is rounded by at most half a panel, and each series' part of it by less than one.
        assert abs(taken - len(split.train) / len(items) * len(own)) < 1


@law
@given(panels, shares, shares)
def test_a_larger_ratio_moves_no_panel_out_of_training(items, one, other):
    low, high = sorted((one, other))
    if fits(items, low) and fits(items, high):
        assert set(split_panels(items, low, 0, 1).train) <= set(split_panels(items, high, 0, 1).train)


@law
@given(panels, st.randoms())
def test_the_order_of_the_panels_does_not_matter(items, random):
    if fits(items, 0.5):
        shuffled = list(items)
        random.shuffle(shuffled)
        assert split_panels(shuffled, 0.5, 0, 1) == split_panels(items, 0.5, 0, 1)


@pytest.mark.parametrize("seed", range(5))
def test_each_class_stands_on_both_sides_in_the_asked_share(seed):
    items = school(300)
    split = split_panels(items, 0.8, 0, seed)
    train, every = held(items, split.train), held(items, {of.id for of in items})
    for name in CLASSES:
        assert train[name] == pytest.approx(0.8 * every[name], abs=4 + 0.02 * every[name])
    empty = [of.id for of in items if not of.counts]
    assert sum(id_ in split.train for id_ in empty) == pytest.approx(0.8 * len(empty), abs=2)


def test_each_series_has_its_share_of_each_class():
    items = school(200) + school(100, "night")
    split = split_panels(items, 0.8, 0, 1)
    for series, count in (("school", 200), ("night", 100)):
        own = [of for of in items if of.series == series]
        taken = [of for of in own if of.id in split.train]
        assert len(taken) == 0.8 * count
        share = held(taken, split.train)["vest"] / held(own, {of.id for of in own})["vest"]
        assert share == pytest.approx(0.8, abs=0.08)


def test_another_seed_gives_another_split_and_the_same_one_the_same():
    items = school(60)
    assert split_panels(items, 0.8, 0, 1) == split_panels(items, 0.8, 0, 1)
    assert split_panels(items, 0.8, 0, 1) != split_panels(items, 0.8, 0, 2)


def test_panels_of_a_group_come_on_one_side():
    items = [item("school", number, group=f"episode {number // 10}") for number in range(100)]
    train = split_panels(items, 0.8, 0, 1).train
    assert Counter(id_[:-1] for id_ in train) == dict.fromkeys({id_[:-1] for id_ in train}, 10)
    assert len(train) == 80


def test_groups_of_unlike_size_come_as_near_to_the_share_as_they_can():
    sizes = {"a": 50, "b": 30, "c": 20}
    items = [
        item("school", number, group=group)
        for number, group in enumerate(group for group, size in sizes.items() for _ in range(size))
    ]
    assert len(split_panels(items, 0.5, 0, 1).train) in {50, 30, 20 + 30}


@pytest.mark.parametrize(
    ("share", "sentence"),
    [
        (0.99, "train 0.99 leaves no panel for testing out of 10 labelled ones in 10 groups: lower train"),
        (0.01, "train 0.01 leaves no panel for training out of 10 labelled ones in 10 groups: raise train"),
    ],
)
def test_an_empty_side_is_refused(share, sentence):
    with pytest.raises(ToonsegError, match=sentence):
        split_panels(school(10), share, 0, 1)


def test_no_panels_cannot_be_split():
    with pytest.raises(ToonsegError, match="leaves no panel for training out of 0"):
        split_panels([], 0.8, 0, 1)


def episodes(*sizes, series="school"):
    """Panels of as many episodes, of so many panels each."""
    return [
        item(series, 100 * episode + number, {"hair": 1}, group=f"{series}/{episode}")
        for episode, size in enumerate(sizes)
        for number in range(size)
    ]


def test_two_episodes_make_two_sides_whatever_the_share():
    for share in (0.1, 0.5, 0.8, 0.95):
        split = split_panels(episodes(13, 13), share, 0, 1)
        assert (len(split.train), len(split.test)) == (13, 13)


def test_series_of_one_episode_each_are_split_among_them():
    split = split_panels(episodes(9) + episodes(9, series="night"), 0.8, 0, 1)
    assert (len(split.train), len(split.test)) == (9, 9)


def test_one_episode_cannot_be_split_by_episode():
    sentence = "testing out of 9 labelled ones, since they form 1 group that must stay .* split.by to panel"
    with pytest.raises(ToonsegError, match=sentence):
        split_panels(episodes(9), 0.8, 0, 1)
    with pytest.raises(ToonsegError, match=r"train 0.4, val 0.3 leaves no panel for .* they form 2 groups"):
        split_panels(episodes(9, 9), 0.4, 0.3, 1)


def test_joined_groups_are_never_parted():
    names = joined_groups(["d", "c", "b", "a", "e"], [(0, 1), (1, 2)])
    assert names == ["b", "b", "b", "a", "e"]
    assert joined_groups([], []) == []


@law
@given(panels, st.floats(0.1, 0.6), st.floats(0.1, 0.35))
def test_validation_gets_its_share_between_training_and_testing(items, train, val):
    sizes = [int(train * len(items) + 0.5), int((train + val) * len(items) + 0.5)]
    if not 0 < sizes[0] < sizes[1] < len(items):
        with pytest.raises(ToonsegError, match="leaves no panel for"):
            split_panels(items, train, val, 1)
        return
    split = split_panels(items, train, val, 1)
    assert sorted(split.train + split.val + split.test) == sorted(of.id for of in items)
    assert (len(split.train), len(split.train + split.val)) == tuple(sizes)
    assert split.train == split_panels(items, train, 0, 1).train


def test_shares_that_leave_nothing_to_test_on_are_refused():
    with pytest.raises(ToonsegError, match=r"train 0.8 and val 0.2 leave nothing for testing: lower one"):
        split_panels(school(10), 0.8, 0.2, 1)


@pytest.mark.parametrize("added", [1, 10, 60])
def test_added_panels_move_few_of_the_others(added):
    before = split_panels(school(300), 0.8, 0, 1)
    after = split_panels(school(300 + added), 0.8, 0, 1)
    known = {*before.train, *before.test}
    moved = set(before.test) ^ (set(after.test) & known)
    assert len(moved) <= 4 + added // 10


@law
@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 12), min_size=1))
def test_seats_are_shared_out_by_size_and_one_more_takes_none_away(sizes):
    total = sum(sizes.values())
    before = dict.fromkeys(sizes, 0)
    for seats in range(1, total + 1):
        given_ = apportion(sizes, seats)
        assert sum(given_.values()) == seats
        assert all(abs(given_[name] - seats * size / total) < 1 for name, size in sizes.items())
        assert all(given_[name] >= before[name] for name in sizes)
        before = given_


@pytest.mark.parametrize("seats", [-1, 4])
def test_more_seats_than_there_are_cannot_be_shared_out(seats):
    with pytest.raises(ValueError, match="cannot be shared out"):
        apportion({"a": 3}, seats)


def picture(name):
    """A PNG file of 9 x 8 pixels, unlike that of any other name."""
    random = np.random.default_rng(list(name.encode()))
    return encode(random.integers(0, 255, (8, 9, 3), dtype=np.uint8), "png", 100)


@pytest.fixture
def project(tmp_path):
    """What the stage reads: a labelled series of six panels, one without labels, one taken out."""
    (tmp_path / "params.yaml").write_text(
        "classes: [hair, tie]\n"
        "split: {train: 0.5, val: 0.0, seed: 1, by: panel, lists: '', min_visible: 0.5, min_labelled: 0.9}\n"
        "series:\n"
        "  school: {site: demo, title: school, episodes: 1-2}\n"
        "  unlabelled: {site: demo, title: unlabelled, episodes: 1}\n"
    )
    for series in ("school", "unlabelled", "removed"):
        rows = [
            Panel(series, episode, 0, y, 9, y + 8, "panel", f"{series}/{episode}/{y:06d}-0000.png")
            for episode in ("1", "2")
            for y in (10, 20, 30)
        ]
        write_table(tmp_path / f"data/panels/{series}/panels.csv", rows, Panel)
        for row in rows:
            write_bytes(tmp_path / "data/panels" / row.path, picture(row.id))
        pages = [Placement(series, episode, 1, "1.jpg", 1.0, 0, 40) for episode in ("1", "2")]
        write_table(tmp_path / f"data/strips/{series}.csv", pages, Placement)
    (tmp_path / "data/panels/.removed-before.partial").mkdir()
    write_labels(tmp_path, "school")
    return tmp_path


def write_labels(project, series, **more):
    image = {"file_name": "", "width": 9, "height": 40, "x0": 0, "y0": 0}
    shape = [[0, 10, 6, 10, 6, 38, 0, 38]]
    document = {
        "info": {"series": series},
        "categories": [{"id": 1, "name": "hair"}],
        "images": [{"id": id_, "episode": str(id_), **image} for id_ in (1, 2)],
        "annotations": [{"id": 1, "image_id": 2, "category_id": 1, "segmentation": shape}],
    }
    write_json(project / f"data/labels/{series}.json", document | more)


def run_split(project):
    return subprocess.run(
        [sys.executable, "-m", "stages.split"],
        cwd=project,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def summary(done):
    """What the stage says before what it took."""
    return done.stdout.splitlines()[0]


def contents(folder):
    """The bytes of every file but the one that tells what each run took."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != TIMES.name)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_stage_writes_datasets_and_figures_and_forgets_a_removed_series(project):
    write_labels(project, "removed")
    done = run_split(project)
    assert (done.returncode, done.stderr) == (0, "")
    assert summary(done) == (
        "split: 3 panels to train, 3 to test; "
        "data/labels/removed.json left out: no such series in params.yaml"
    )
    sides = {
        side: json.loads((project / f"data/dataset/{side}.json").read_text()) for side in ("train", "test")
    }
    names = [image["file_name"] for side in sides.values() for image in side["images"]]
    assert sorted(names) == [f"school/{e}/0000{y}-0000.png" for e in (1, 2) for y in (10, 20, 30)]
    for image in (image for side in sides.values() for image in side["images"]):
        picture = (project / "data/panels" / image["file_name"]).read_bytes()
        assert image["sha256"] == hashlib.sha256(picture).hexdigest()
    assert (project / "data/dataset/near_duplicates.csv").read_text().startswith("first,second\n")
    figures = json.loads((project / "metrics/split.json").read_text())
    assert figures["panels"] == {"train": 3, "test": 3, "unlabelled": 6}
    assert figures["labels"]["ignored"] == 1  # the panels show too little of it
    assert (project / "plots/split/classes.csv").read_text() == "name,train,val,test\nhair,0,0,0\ntie,0,0,0\n"
    assert (project / "plots/split/series.csv").read_text().splitlines() == [
        "series,train,val,test,unlabelled,not_listed",
        "school,3,0,3,0,0",
        "unlabelled,0,0,0,6,0",
    ]
    assert sorted(path.name for path in (project / "data/panels").iterdir()) == ["school", "unlabelled"]
    assert sorted(path.name for path in (project / "data/strips").iterdir()) == [
        "school.csv",
        "unlabelled.csv",
    ]


def test_the_stage_writes_the_same_bytes_again(project):
    run_split(project)
    first = contents(project)
    assert run_split(project).returncode == 0
    assert contents(project) == first


def test_the_stage_makes_a_validation_set_where_one_is_asked_for(project):
    params = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(params.replace("train: 0.5, val: 0.0", "train: 0.3, val: 0.3"))
    assert summary(run_split(project)) == "split: 2 panels to train, 2 to validate, 2 to test"
    assert len(json.loads((project / "data/dataset/val.json").read_text())["images"]) == 2


def test_the_stage_repeats_a_split_from_lists(project):
    params = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(params.replace("lists: ''", "lists: theirs"))
    done = run_split(project)
    assert done.stderr.startswith("error: data/labels/theirs: must hold lists named train*.txt and test*.txt")
    write_bytes(project / "data/labels/theirs/train_a.txt", b"today: 3/4\n\nschool/1/000010-0000\n")
    write_bytes(project / "data/labels/theirs/val_a.txt", b"../x/2/000030-0000.json\n../x/2/77.json\n")
    assert summary(run_split(project)) == "split: 1 panels to train, 1 to test"
    figures = json.loads((project / "metrics/split.json").read_text())
    assert figures["panels"] == {"train": 1, "test": 1, "not_listed": 4, "unlabelled": 6}
    assert figures["lists"] == {"entries_without_panel": 1, "panels_not_listed": 4}


def test_the_stage_counts_regions_that_have_no_place_yet(project):
    image = {"file_name": "7.jpg", "width": 9, "height": 40, "x0": 0, "y0": 7, "exact": False}
    write_labels(project, "school")
    path = project / "data/labels/school.json"
    document = json.loads(path.read_text())
    document["images"].append({"id": 3, "episode": None, **image})
    document["annotations"].append({**document["annotations"][0], "id": 2, "image_id": 3})
    write_json(path, document)
    assert "; 1 labelled regions without an exact place left out: see" in run_split(project).stdout
    figures = json.loads((project / "metrics/split.json").read_text())
    assert figures["regions"] == {"placed": 2, "unplaced": 1}
    assert figures["labels"]["unplaced"] == 1


def test_a_bad_label_file_leaves_the_last_dataset_as_it_was(project):
    run_split(project)
    before = contents(project / "data/dataset")
    write_labels(project, "school", categories=[{"id": 1, "name": "hiar"}])
    done = run_split(project)
    assert done.returncode == 1
    assert done.stderr.startswith("error: data/labels/school.json, category 1: unknown class 'hiar'")
    assert "Traceback" not in done.stderr
    assert contents(project / "data/dataset") == before


def test_without_labels_the_stage_says_what_to_add(project):
    (project / "data/labels/school.json").unlink()
    done = run_split(project)
    assert done.returncode == 1
    assert done.stderr.startswith("error: none of the 12 panels lies in a labelled region: add labels to")
