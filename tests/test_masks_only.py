"""Masks go out without a pixel, and whoever has the pages puts both together again."""

import json
import zipfile
from hashlib import sha256

import cv2
import numpy as np
import pytest
from drawn_export import CLASSES, chosen, export, result
from hypothesis import given
from hypothesis import strategies as st

from toonseg.archive import write_episode
from toonseg.cli import main
from toonseg.digests import SAME_BITS, bits_apart, perceptual_hash
from toonseg.errors import LabelError, ToonsegError
from toonseg.export.instances import OpenPanel
from toonseg.export.masks_only import MaskRow
from toonseg.export.originals import find_originals
from toonseg.export.pages import shared_pages
from toonseg.export.rejoin import MatchedRow, Unmatched, rejoin
from toonseg.geometry import encode_rle
from toonseg.images import decode, encode
from toonseg.pages import link_series, open_strip
from toonseg.records import Page, Panel, Placement
from toonseg.store import read_table, write_table

SERIES, EPISODES, PAGES_EACH = "바다", ("1", "2"), 3
SIZE = 200, 160  # height and width of a page
BOXES = [(10, 20, 150, 180), (0, 150, 160, 260), (20, 430, 140, 590)]  # the second crosses a seam


def page_picture(episode, number):
    """A page of soft shapes, another one for each place."""
    random = np.random.default_rng([int(episode), number])
    small = random.integers(0, 256, (10, 8, 3), np.uint8)
    return cv2.resize(small, (SIZE[1], SIZE[0]), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A project's pages and strips, and its masks as they are shared."""
    root = tmp_path_factory.mktemp("shared")
    for episode in EPISODES:
        pages = []
        for number in range(1, PAGES_EACH + 1):
            data = encode(page_picture(episode, number), "jpg", 95)
            page = Page(
                SERIES,
                episode,
                number,
                f"{number:03d}.jpg",
                SIZE[1],
                SIZE[0],
                1,
                len(data),
                sha256(data).hexdigest(),
            )
            pages.append((page, data))
        write_episode(root / f"pages/{SERIES}/{episode}.cbz", pages, {"number": int(episode)})
    placements = link_series(root / "pages" / SERIES)
    write_table(root / f"strips/{SERIES}.csv", placements, Placement)
    panels = []
    for episode in EPISODES:
        strip = open_strip(
            root / f"pages/{SERIES}/{episode}.cbz", [p for p in placements if p.episode == episode]
        )
        for x0, y0, x1, y1 in BOXES:
            picture = strip.rows(y0, y1)[:, x0:x1]
            mask = np.zeros(picture.shape[:2], np.uint8)
            cv2.circle(mask, ((x1 - x0) // 2, (y1 - y0) // 2), 30, 1, cv2.FILLED)
            found = chosen([], [{**result("#", 0.9), "segmentation": encode_rle(mask > 0)}])
            panel = Panel(
                SERIES, episode, x0, y0, x1, y1, "panel", f"{SERIES}/{episode}/{y0:06d}-{x0:04d}.png"
            )
            panels.append(
                OpenPanel(panel, found, "unlabelled", encode(picture, "png", 100), np.array(picture))
            )
    rows = shared_pages(root / "pages", root / "strips", SERIES)
    export(root / "out", panels, ["masks_only"], licence="", pages=rows)
    return root, panels


@pytest.fixture
def masks(shared):
    return shared[0] / "out/masks_only"


def written(folder, change=lambda picture: picture, kind="jpg", quality=80, left_out=()):
    """The pages as somebody else has them: encoded again, named anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for episode in EPISODES:
        for number in range(1, PAGES_EACH + 1):
            if (episode, number) not in left_out:
                data = encode(change(page_picture(episode, number)), kind, quality)
                (folder / f"x{episode}{number}.{kind}").write_bytes(data)
    return folder


def joined(out):
    """The panels' pictures and masks by their id."""
    document = json.loads((out / "annotations/instances_joined.json").read_text())
    found = {}
    for image in document["images"]:
        picture = decode((out / "images" / image["file_name"]).read_bytes(), "panel")
        own = [one for one in document["annotations"] if one["image_id"] == image["id"]]
        found[image["file_name"].removesuffix(".png")] = (picture, [one["segmentation"] for one in own])
    return found


def check_whole(out, panels, off=12.0):
    """Every panel is there with its masks to the bit, over much the same pixels."""
    found = joined(out)
    assert list(found) == [panel.panel.id for panel in panels]
    for panel in panels:
        picture, masks = found[panel.panel.id]
        assert masks == [instance.rle for instance in panel.instances]
        assert np.abs(picture.astype(int) - panel.picture).mean() < off


# What goes out


def test_no_pixel_leaves(shared, masks):
    _, panels = shared
    files = {path.name: path.read_bytes() for path in masks.rglob("*")}

    assert set(files) == {
        "masks.csv",
        "panels.csv",
        "pages.csv",
        "classes.csv",
        "croissant.json",
        "DATASHEET.md",
        "TERMS.md",
    }
    for data in files.values():
        text = data.decode("utf-8")  # no picture is text
        assert "\0" not in text
    rows = read_table(masks / "masks.csv", MaskRow)
    assert [row.counts for row in rows] == [its.rle["counts"] for panel in panels for its in panel.instances]
    assert len(files["pages.csv"]) < 300 * PAGES_EACH * len(EPISODES)  # two digests and some numbers a page


def test_croissant_is_valid_and_its_records_are_the_tables(masks):
    mlc = pytest.importorskip("mlcroissant")
    described = mlc.Dataset(jsonld=masks / "croissant.json")

    assert not described.metadata.issues.errors
    rows = read_table(masks / "masks.csv", MaskRow)
    records = list(described.records(record_set="masks"))
    assert [record["masks/counts"].decode() for record in records] == [row.counts for row in rows]
    assert {record["pages/width"] for record in described.records(record_set="pages")} == {SIZE[1]}


def test_the_datasheet_counts_and_the_terms_name_the_licence(masks):
    assert "| panels | 6 |" in (masks / "DATASHEET.md").read_text()
    assert f"| {CLASSES[1]} | 6 |" in (masks / "DATASHEET.md").read_text()
    assert "CC-BY-4.0" in (masks / "TERMS.md").read_text()


# Joined again


def test_the_pages_themselves_are_joined_byte_for_byte(shared, masks, tmp_path, capsys):
    root, panels = shared
    assert main(["rejoin", str(masks), str(root / "pages"), "--out", str(tmp_path / "out")]) == 0

    assert "6 of 6 panels with 6 masks; 6 of 6 pages, 6 of them byte for byte" in capsys.readouterr().out
    check_whole(tmp_path / "out", panels, off=0.01)
    assert read_table(tmp_path / "out/unmatched.csv", Unmatched) == []


@pytest.mark.parametrize(
    ("kind", "quality", "factor"),
    [("jpg", 80, 1), ("webp", 50, 1), ("png", 100, 1), ("jpg", 80, 0.7), ("jpg", 90, 1.6)],
)
def test_pages_that_were_encoded_again_or_scaled_are_found_by_their_looks(
    shared, masks, tmp_path, kind, quality, factor
):
    pages = written(
        tmp_path / "pages", lambda picture: cv2.resize(picture, None, fx=factor, fy=factor), kind, quality
    )
    rejoin(masks, pages, tmp_path / "out")

    check_whole(tmp_path / "out", shared[1])
    matched = read_table(tmp_path / "out/matched.csv", MatchedRow)
    assert [row.file for row in matched] == [f"x{row.episode}{row.page}.{kind}" for row in matched]


def test_a_missing_page_costs_its_own_masks_and_is_told(shared, masks, tmp_path):
    pages = written(tmp_path / "pages", left_out=[("1", 2)])
    told = rejoin(masks, pages, tmp_path / "out")
    _, panels = shared
    lost = [panels[1].panel.id]

    assert list(joined(tmp_path / "out")) == [
        panel.panel.id for panel in panels if panel.panel.id not in lost
    ]
    assert f"page {SERIES}/1/002.jpg is missing: 1 masks in 1 panels" in told
    rows = read_table(tmp_path / "out/unmatched.csv", Unmatched)
    assert [(row.kind, row.name, row.masks) for row in rows] == [
        ("page", f"{SERIES}/1/002.jpg", 1),
        ("panel", lost[0], 1),
    ]


def test_pages_are_found_in_archives_and_folders_beside_other_files(shared, masks, tmp_path):
    pages = written(tmp_path / "loose")
    (tmp_path / "pages/deep").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "pages/deep/all.CBZ", "w") as archive:
        for path in sorted(pages.iterdir())[:3]:
            archive.write(path, f"inner/{path.name}")
    for path in sorted(pages.iterdir())[3:]:
        path.rename(tmp_path / "pages" / path.name)
    (tmp_path / "pages/notes.txt").write_text("mine")
    (tmp_path / "pages/broken.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "pages/broken.zip").write_bytes(b"PK")
    told = rejoin(masks, tmp_path / "pages", tmp_path / "out")

    check_whole(tmp_path / "out", shared[1])
    assert "broken.jpg" in told
    assert "broken.zip is not a whole archive" in told
    kinds = [row.kind for row in read_table(tmp_path / "out/unmatched.csv", Unmatched)]
    assert kinds == ["file", "file"]


def test_joining_on_a_full_disk_is_a_sentence_and_nothing_stays(masks, tmp_path, small_disk, capsys):
    small_disk(tmp_path / "disk", free_kb=12)
    pages = written(tmp_path / "pages")

    assert main(["rejoin", str(masks), str(pages), "--out", str(tmp_path / "disk/out")]) == 1
    assert "error: no space left on the disk" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["filler"]


def test_pages_of_something_else_are_refused_and_nothing_is_written(masks, tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/other.png").write_bytes(encode(page_picture("9", 9), "png", 100))

    with pytest.raises(ToonsegError, match=f"none of the 6 pages is in .*: are they those of {SERIES}"):
        rejoin(masks, tmp_path / "pages", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda root: (root / "pages").mkdir(), "holds no picture"),
        (lambda root: None, "is no folder"),
        (
            lambda root: (written(root / "pages"), (root / "out").mkdir(), (root / "out/a").touch()),
            "is there already",
        ),
    ],
)
def test_what_cannot_be_joined_is_a_sentence(masks, tmp_path, prepare, sentence):
    prepare(tmp_path)
    with pytest.raises(ToonsegError, match=sentence):
        rejoin(masks, tmp_path / "pages", tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda text: text.replace("/1/000020-0010", "/7/000020-0010"),
            r"masks\.csv, line 2: no panel 바다/7/000020-0010 in panels\.csv",
        ),
        (lambda text: text.replace(",160,140,", ",140,160,"), "line 2: the mask is not of its panel's size"),
        (
            lambda text: text.replace(text.splitlines()[1].split(",")[-1], "000"),
            "line 2: the run-length code does not fill",
        ),
        (lambda text: text.replace("panel,", "pane,", 1), r"masks\.csv: its columns are"),
        (lambda text: text.replace(",0.9,", ",high,", 1), r"masks\.csv, line 2: could not convert"),
    ],
)
def test_damaged_masks_are_named_by_their_line(masks, tmp_path, change, sentence):
    copy = tmp_path / "masks"
    copy.mkdir()
    for path in masks.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    text = (copy / "masks.csv").read_text(encoding="utf-8")
    (copy / "masks.csv").write_text(change(text), encoding="utf-8")

    with pytest.raises((LabelError, ToonsegError), match=sentence):
        rejoin(copy, written(tmp_path / "pages"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Digests


def test_an_even_picture_hashes_to_zeros():
    assert perceptual_hash(np.full((50, 40, 3), 200, np.uint8)) == "0" * 64


@given(st.integers(0, 10_000), st.integers(30, 95))
def test_a_picture_encoded_again_stays_itself_and_others_stay_others(number, quality):
    picture, other = page_picture("5", number), page_picture("6", number)
    again = decode(encode(picture, "jpg", quality), "again")
    same, unlike = bits_apart(perceptual_hash(picture), [perceptual_hash(again), perceptual_hash(other)])

    assert same <= SAME_BITS < unlike


def test_of_equal_pages_the_one_of_the_same_name_is_taken(shared, tmp_path):
    root, _ = shared
    pages = shared_pages(root / "pages", root / "strips", SERIES)
    for name in ("zzz.jpg", "001.jpg"):
        (tmp_path / name).write_bytes(encode(page_picture("1", 1), "jpg", 80))
    found, _ = find_originals(tmp_path, pages)

    assert {page.name: its.place for page, its in found.items()} == {"001.jpg": "001.jpg"}


def test_pages_that_do_not_fit_their_strip_are_named(shared, tmp_path):
    root, _ = shared
    rows = read_table(root / f"strips/{SERIES}.csv", Placement)
    write_table(
        tmp_path / f"{SERIES}.csv", [Placement(SERIES, "1", 1, "x.jpg", 1.0, 0, 10), *rows[1:]], Placement
    )

    with pytest.raises(ToonsegError, match=r"1\.cbz has no page x\.jpg: run `dvc repro`"):
        shared_pages(root / "pages", tmp_path, SERIES)
