"""`toonseg cut` crops the panels of folders and archives of pages, and tells what it cannot cut."""

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import psutil
import pytest
from drawn_art import WHITE, art, framed, plain, put_text
from PIL import Image

from toonseg.cli import main
from toonseg.images import encode


def drawn_page(seed, width=300, height=500):
    """A framed panel at (40, 60) to (width - 40, 360), and a caption below it."""
    rows = plain(width, height, WHITE)
    rows[60:360, 40 : width - 40] = framed(art(np.random.default_rng(seed), width - 80, 300), 3)
    put_text(rows, (0, 380, width, height), ["Come back!"], 28, (0, 0, 0))
    return rows


def write_episode(folder, *pictures, suffix="png"):
    """A folder of pages, numbered without leading zeros."""
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures, 1):
        (folder / f"{number}.{suffix}").write_bytes(encode(picture, suffix, 90))
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cut(*arguments):
    """The exit status of `toonseg cut`."""
    return main(["cut", *map(str, arguments)])


def told(capsys):
    """The lines on stderr."""
    return capsys.readouterr().err.splitlines()


def test_a_folder_gives_panels_named_by_their_place_and_a_table(here, capsys):
    pages = write_episode(here / "pages/one", drawn_page(1), drawn_page(2))
    assert cut(pages, "--out", "out") == 0
    assert capsys.readouterr().out == "one: 2 panels, 2 texts\n"
    assert sorted(path.name for path in (here / "out/one").iterdir()) == [
        "000060-0040.png",
        "000560-0040.png",
        "panels.csv",
    ]
    picture = np.asarray(Image.open("out/one/000560-0040.png"))
    assert np.array_equal(picture, drawn_page(2)[60:360, 40:260])
    table = pd.read_csv("out/one/panels.csv", dtype={"episode": str}, keep_default_na=False)
    assert list(table.kind) == ["panel", "text"] * 2
    assert list(table.path) == ["one/000060-0040.png", "", "one/000560-0040.png", ""]


def test_the_json_holds_pages_bands_panels_and_texts_in_strip_pixels(here):
    pages = write_episode(here / "one", drawn_page(1), plain(150, 100, WHITE), drawn_page(2))
    assert cut(pages, "--no-images", "--json", "deep/cut.json") == 0
    found = json.loads((here / "deep/cut.json").read_text())
    assert sorted(found) == ["bands", "pages", "panels", "texts", "width"]
    assert found["width"] == 300
    assert found["pages"] == [[0, 500], [500, 700], [700, 1200]]
    assert found["panels"] == [[40, 60, 260, 360], [40, 760, 260, 1060]]
    assert len(found["texts"]) == 2
    assert all(any(y0 <= box[1] < box[3] <= y1 for y0, y1 in found["bands"]) for box in found["panels"])
    assert sorted(path.name for path in here.iterdir()) == ["deep", "one"]


def test_archives_and_folders_are_cut_alike_whatever_the_processes(here):
    write_episode(here / "a", drawn_page(1), drawn_page(2))
    for name in ("b.zip", "c.cbz"):
        with zipfile.ZipFile(here / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("ComicInfo.xml", "<ComicInfo/>")
            for page in (1, 2):
                archive.write(here / f"a/{page}.png", f"chapter/{page}.png")
    for processes in (1, 2):
        assert (
            cut(
                "a", "b.zip", "c.cbz", "--out", "out", "--json", f"{processes}.json", "--processes", processes
            )
            == 0
        )
    found = json.loads((here / "1.json").read_text())
    assert found == json.loads((here / "2.json").read_text())
    assert sorted(found) == ["a", "b", "c"]
    assert found["a"] == found["b"] == found["c"]
    assert (here / "out/a/000060-0040.png").read_bytes() == (here / "out/c/000060-0040.png").read_bytes()


def test_a_preview_shows_the_strip_with_a_colour_for_each_kind(here):
    write_episode(here / "one", *[drawn_page(n) for n in range(6)])
    assert cut("one", "--out", "out", "--preview", "--no-images") == 0
    assert sorted(path.name for path in (here / "out/one").iterdir()) == ["panels.csv", "preview.jpg"]
    sheet = np.asarray(Image.open("out/one/preview.jpg")).astype(int)
    for colour in ((213, 94, 0), (0, 114, 178)):
        assert (np.abs(sheet - colour).max(axis=2) < 30).sum() > 100


def test_the_format_of_the_panels_can_be_chosen_and_a_second_run_replaces_the_first(here):
    write_episode(here / "one", drawn_page(1))
    for name, kind in (("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP")):
        assert cut("one", "--out", "out", "--format", name) == 0
        assert sorted(p.name for p in (here / "out/one").iterdir()) == [f"000060-0040.{name}", "panels.csv"]
        assert Image.open(f"out/one/000060-0040.{name}").format == kind


def test_the_params_of_the_folder_are_used(here):
    write_episode(here / "one", drawn_page(1))
    own = (here / "params.yaml").write_text
    assert cut("one", "--no-images", "--json", "x.json", "--params", "missing.yaml") == 1
    own("cut: {}\n")
    assert cut("one", "--no-images", "--json", "x.json") == 1
    assert not (here / "x.json").exists()


# ---- kinds of pages -----------------------------------------------------------------------------------


def saved(picture, path, **options):
    Image.fromarray(picture).save(path, **options)


def test_grey_16_bit_transparent_webp_and_gif_pages_show_the_same_panels(here):
    rows = drawn_page(3)
    grey = cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY)
    (here / "one").mkdir()
    saved(grey, here / "one/1.png")
    cv2.imwrite(str(here / "one/2.png"), rows[..., ::-1].astype(np.uint16) * 257)
    hidden = np.dstack(
        [np.where((rows == 255).all(axis=2, keepdims=True), 7, rows), 255 * (rows != 255).any(axis=2)]
    )
    saved(hidden.astype(np.uint8), here / "one/3.png")
    saved(rows, here / "one/4.webp", lossless=True)
    still, other = Image.fromarray(rows).quantize(256), Image.new("P", (300, 500))
    still.save(here / "one/5.gif", save_all=True, append_images=[other])
    saved(grey, here / "one/6.jpg", quality=90)
    assert cut("one", "--no-images", "--json", "cut.json") == 0
    found = json.loads((here / "cut.json").read_text())["panels"]
    assert [(x0, y0 % 500, x1, y1 % 500) for x0, y0, x1, y1 in found] == [(40, 60, 260, 360)] * 6


# ---- what cannot be cut ----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [2, 3])
def test_the_narrowest_pages_are_cut(here, width):
    rows = plain(width, 400, WHITE)
    rows[50:150] = 60
    write_episode(here / "narrow", rows)
    assert cut("narrow", "--no-images", "--json", "cut.json") == 0
    cut_of_it = json.loads(Path("cut.json").read_text())
    assert cut_of_it["texts"] == [[0, 50, width, 150]]  # too narrow for a panel


def png_that_claims(width, height):
    """A PNG's header and an end, without any pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


GOOD = encode(drawn_page(1), "png", 90)
JPEG = encode(drawn_page(1), "jpg", 90)
BAD = {
    "empty folder": ({}, "bad holds no pages"),
    "no image": ({"1.png": GOOD, "2.jpg": b"<html>"}, "bad/2.jpg is no JPEG, PNG, WebP or GIF"),
    "other file": ({"1.png": GOOD, "notes.txt": b"later"}, "bad/notes.txt is no JPEG, PNG"),
    "truncated jpeg": ({"1.png": GOOD, "2.jpg": JPEG[:-900]}, "bad/2.jpg is cut off"),
    "truncated png": ({"1.png": GOOD[:-900]}, "bad/1.png is cut off"),
    "one pixel high": (
        {"1.png": GOOD, "2.png": encode(plain(300, 1, WHITE), "png", 90)},
        "bad/2.png is 300 x 1",
    ),
    "widths": (
        {"1.png": encode(plain(1, 90, WHITE), "png", 90), "2.png": encode(plain(20000, 9, WHITE), "png", 90)},
        "bad/1.png is 1 x 90",
    ),
    "wide": (
        {"1.png": GOOD, "2.png": GOOD, "3.png": encode(plain(20000, 9, WHITE), "png", 90)},
        "bad/3.png is 20000 x 9 pixels, most of its pages are 300 wide",
    ),
    "huge": ({"1.png": GOOD, "2.png": png_that_claims(60000, 60000)}, "bad/2.png claims"),
    "same number": ({"1.png": GOOD, "01.jpg": JPEG}, "two pages of the same number: 01.jpg and 1.png"),
    "blank": ({"1.png": encode(plain(300, 900, WHITE), "png", 90)}, "bad is blank"),
}


@pytest.mark.parametrize("fault", BAD)
@pytest.mark.parametrize("archived", [False, True])
def test_a_fault_is_one_sentence_that_names_the_file_and_the_others_are_done(here, capsys, fault, archived):
    files, sentence = BAD[fault]
    write_episode(here / "good", drawn_page(2))
    bad = here / "bad"
    bad.mkdir()
    for name, data in files.items():
        (bad / name).write_bytes(data)
    if archived:
        with zipfile.ZipFile(here / "bad.zip", "w") as archive:
            for name in files:
                archive.write(bad / name, name)
        bad, sentence = (
            here / "bad.zip",
            sentence.replace("bad/", "bad.zip, page ").replace("bad ", "bad.zip "),
        )
    assert cut(bad, "good", "--out", "out", "--json", "cut.json", "--processes", 1) == 1
    lines = told(capsys)
    assert len(lines) == 1
    assert sentence in lines[0]
    assert sorted(path.name for path in (here / "out").iterdir()) == ["good"]
    assert list(json.loads((here / "cut.json").read_text())) == ["good"]


def test_what_is_there_no_more_or_no_archive_is_told(here, capsys):
    (here / "broken.cbz").write_bytes(GOOD)
    assert cut("gone", "broken.cbz", "--out", "out", "--processes", 1) == 1
    lines = told(capsys)
    assert "gone does not exist" in lines[0]
    assert "broken.cbz is no whole ZIP or CBZ" in lines[1]


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_page_of_an_archive_is_named(here, capsys, packed):
    with zipfile.ZipFile(here / "a.zip", "w", packed) as archive:
        archive.writestr("1.png", GOOD)
    data = bytearray((here / "a.zip").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(byte ^ 255 for byte in data[middle : middle + 40])
    (here / "a.zip").write_bytes(data)
    assert cut("a.zip", "--out", "out") == 1
    assert "a.zip, page 1.png cannot be read" in told(capsys)[0]


@pytest.fixture
def nobody():
    """Makes root someone who may not write everywhere."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


@pytest.mark.parametrize(("mode", "out"), [(0o555, "out"), (0o555, "out/deeper"), (0o755, "file/out")])
def test_a_folder_that_cannot_be_written_is_told(here, capsys, request, mode, out):
    write_episode(here / "one", drawn_page(1))
    (here / "file").write_text("")
    (here / "out").mkdir()
    (here / "out").chmod(mode)
    here.chmod(0o755)
    shutil.copy(Path(__file__).parent.parent / "params.yaml", here)  # nobody may see no more than this folder
    assert cut("one", "--out", "before") == 0
    capsys.readouterr()
    request.getfixturevalue("nobody")
    assert cut("one", "--out", out) == 1
    lines = told(capsys)
    assert len(lines) == 1
    assert out.split("/", maxsplit=1)[0] in lines[0]
    assert "Permission denied" in lines[0] or "Not a directory" in lines[0]


def test_a_folder_of_other_things_is_not_replaced(here, capsys):
    write_episode(here / "one", drawn_page(1))
    (here / "out/one").mkdir(parents=True)
    (here / "out/one/novel.txt").write_text("mine")
    assert cut("one", "--out", "out") == 1
    assert "one is there already" in told(capsys)[0]
    assert cut("one", "--out", ".") == 1
    assert (here / "one/1.png").exists()


def test_episodes_of_one_name_are_refused(here, capsys):
    write_episode(here / "a/1", drawn_page(1))
    write_episode(here / "b/1", drawn_page(1))
    assert cut("a/1", "b/1", "--out", "out") == 1
    assert "2 of the episodes are named '1'" in told(capsys)[0]


@pytest.mark.parametrize(
    "arguments", [[], ["one"], ["one", "--no-images"], ["one", "--out", "o", "--processes", "0"]]
)
def test_arguments_that_leave_open_what_to_do_are_refused(arguments):
    with pytest.raises(SystemExit) as stopped:
        cut(*arguments)
    assert stopped.value.code == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems fork none")
def test_one_thread_reads_the_thresholds_so_that_workers_are_forked(here):
    (here / "one").mkdir()
    code = (
        "import os, sys; from toonseg.cli import main; "
        "main(['cut', 'one', '--no-images', '--json', 'cut.json']); "
        "print('cv2' in sys.modules, len(os.listdir('/proc/self/task')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True 1"


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups")
@pytest.mark.parametrize("waited_s", [0, 0.2, 0.4])
def test_ctrl_c_ends_it_with_a_sentence_while_its_workers_begin_too(here, waited_s):
    for number in range(20):
        write_episode(here / f"pages/{number}", *[drawn_page(number)] * 8)
    pages = sorted(map(str, (here / "pages").iterdir()))
    command = [sys.executable, "-m", "toonseg", "cut", *pages, "--out", "out", "--processes", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, process_group=0)
    while not psutil.Process(running.pid).children():
        assert running.poll() is None
        time.sleep(0.01)
    time.sleep(waited_s)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate()
    assert said.splitlines() == ["error: stopped by Ctrl-C: what was finished is kept, run it again to go on"]
    subprocess.run(command, env=environment, capture_output=True, check=True)
    assert sorted(path.name for path in (here / "out").iterdir()) == sorted(map(str, range(20)))
