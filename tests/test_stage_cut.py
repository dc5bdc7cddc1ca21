"""link, cut_rough and cut turn a series' archives into strips, bands and panels, whole or not at all."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from dask_cluster import Cluster
from drawn_art import WHITE, art, framed, plain, put_text
from PIL import Image

from stages import cut, cut_rough, link
from toonseg.archive import write_episode
from toonseg.cuts.bands import RoughCutParams
from toonseg.episodes import CutParams, cut_series, rough_cut_series
from toonseg.errors import ImageError, ToonsegError
from toonseg.images import decode, encode
from toonseg.pages import link_series
from toonseg.parallel import ENGINE, map_episodes
from toonseg.params import load_params
from toonseg.records import PANEL, TEXT, Band, Page, Panel, Placement
from toonseg.store import read_json, read_table

PARAMS = """\
cut_rough:
  min_gutter_px: 6
  max_stray_levels: 56
  stray_levels: 16
  stray_share: 0.02
  colour_tolerance_levels: 40
cut:
  background_levels: 8
  halo_levels: 24
  min_gap_px: 8
  min_panel_px: 64
  max_letter_px: 80
  part_gap_px: 12
  text_gap_px: 32
  format: png
  quality: 90
"""
SERIES = "a"
PAGES = Path("data/pages", SERIES)


def drawn_page(seed, width=300, height=500):
    """A framed panel at (40, 60) to (width - 40, 360), and a caption below it."""
    rows = plain(width, height, WHITE)
    rows[60:360, 40 : width - 40] = framed(art(np.random.default_rng(seed), width - 80, 300), 3)
    put_text(rows, (0, 380, width, height), ["Come back!"], 28, (0, 0, 0))
    return rows


def write_pages(path, *files):
    """An episode whose pages are these image files, named by their number."""
    pages = []
    for number, data in enumerate(files, 1):
        width, height = size_of(data)
        digest = hashlib.sha256(data).hexdigest()
        page = Page(SERIES, path.stem, number, f"{number:03d}.jpg", width, height, 1, len(data), digest)
        pages.append((page, data))
    write_episode(path, pages, {"title": path.stem})


def size_of(data):
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return (picture.shape[1], picture.shape[0]) if picture is not None else (300, 500)


def files_below(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def begin_project(folder):
    """A project's folder with a series of episodes 2 and 10, the second with a page two thirds as wide."""
    os.chdir(folder)
    Path("params.yaml").write_text(PARAMS)
    write_pages(PAGES / "10.cbz", encode(drawn_page(1), "jpg", 85), encode(plain(200, 100, WHITE), "jpg", 85))
    write_pages(PAGES / "2.cbz", encode(drawn_page(2), "jpg", 85), encode(drawn_page(3), "jpg", 85))


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    begin_project(tmp_path)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """A project in which the three stages have run, and their summaries."""
    before, folder = Path.cwd(), tmp_path_factory.mktemp("project")
    begin_project(folder)
    said = run_all()
    os.chdir(before)
    return folder, said


@pytest.fixture
def finished(said, monkeypatch):
    monkeypatch.chdir(said[0])
    return said[1]


def run_all():
    return [stage.main(SERIES) for stage in (link, cut_rough, cut)]


def test_the_stages_say_what_they_made(finished):
    assert finished == [
        "4 pages on 2 strips",
        "6 bands",
        "3 panels and 3 texts of 2 episodes",
    ]


def test_link_places_pages_episode_by_episode_in_natural_order(project):
    link.main(SERIES)
    placements = read_table(Path("data/strips/a.csv"), Placement)
    assert [(p.episode, p.page, p.scale, p.y0, p.y1) for p in placements] == [
        ("2", 1, 1.0, 0, 500),
        ("2", 2, 1.0, 500, 1000),
        ("10", 1, 1.0, 0, 500),
        ("10", 2, 1.5, 500, 650),
    ]


def test_panels_are_cropped_and_texts_are_only_listed(finished):
    panels = read_table(Path("data/panels/a/panels.csv"), Panel)
    assert [(p.episode, p.kind) for p in panels] == [
        ("2", PANEL),
        ("2", TEXT),
        ("2", PANEL),
        ("2", TEXT),
        ("10", PANEL),
        ("10", TEXT),
    ]
    first, text = panels[:2]
    assert (first.x0, first.y0, first.x1, first.y1) == (40, 60, 260, 360)
    assert first.path == "a/2/000060-0040.png"
    assert text.path == ""
    picture = np.asarray(Image.open(Path("data/panels") / first.path))
    page = decode(encode(drawn_page(2), "jpg", 85), "page")
    assert np.array_equal(picture, page[60:360, 40:260])
    assert sorted(files_below(Path("data/panels/a"))) == sorted(
        ["panels.csv", *(p.path.removeprefix("a/") for p in panels if p.kind == PANEL)]
    )


def test_the_bands_hold_the_panels_and_the_metrics_count_them(finished):
    bands = read_table(Path("data/bands/a.csv"), Band)
    for panel in read_table(Path("data/panels/a/panels.csv"), Panel):
        assert any(b.episode == panel.episode and b.y0 <= panel.y0 < panel.y1 <= b.y1 for b in bands)
    assert read_json(Path("metrics/cut/a.json")) == {
        "episodes": 2,
        "pages": 4,
        "bands": 6,
        "panels": 3,
        "texts": 3,
    }


def test_the_cut_writes_a_preview_of_each_episode(finished):
    assert sorted(files_below(Path("plots/cut/a"))) == ["10.jpg", "2.jpg"]
    assert Image.open("plots/cut/a/2.jpg").format == "JPEG"


def test_one_process_and_two_write_the_same_bytes(project):
    rough, fine = load_params("cut_rough", RoughCutParams), load_params("cut", CutParams)
    placements = link_series(PAGES)
    made = []
    for processes in (1, 2):
        bands = rough_cut_series(PAGES, placements, rough, processes)
        panels = cut_series(PAGES, placements, bands, fine, Path(str(processes)), processes)
        made.append((bands, panels, files_below(Path(str(processes)))))
    assert made[0] == made[1]
    assert len(made[0][2]) == 3


def test_a_cluster_that_sees_no_file_makes_the_same_stages_bytes(said, project, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with closing(Cluster(elsewhere, 2)) as cluster:
        monkeypatch.setenv(ENGINE, cluster.address)
        assert run_all() == said[1]
        for made in ("data/strips", "data/bands", "data/panels", "plots/cut"):
            assert files_below(Path(made)) == files_below(said[0] / made)
        (PAGES / "10.cbz").write_bytes(b"no archive")
        with pytest.raises(ToonsegError, match=r"data/pages/a/10\.cbz is not a whole CBZ"):
            link.main(SERIES)
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize("stage", [link, cut_rough, cut])
def test_each_stage_works_where_the_engine_says_and_nowhere_else(project, monkeypatch, stage):
    run_all()
    monkeypatch.setenv(ENGINE, "10.0.0.1:8786")
    with pytest.raises(ToonsegError, match="is no address of a Dask scheduler: write tcp://HOST:PORT"):
        stage.main(SERIES)


def test_many_episodes_are_linked_by_several_processes_alike(project, monkeypatch):
    by_one = link_series(PAGES)
    monkeypatch.setattr("toonseg.pages._MANY", 2)
    assert link_series(PAGES) == by_one
    (PAGES / "10.cbz").write_bytes(b"no archive")
    with pytest.raises(ToonsegError, match=r"10\.cbz"):
        link_series(PAGES)


def test_panels_are_written_in_the_format_asked_for(project):
    Path("params.yaml").write_text(PARAMS.replace("format: png", "format: jpg"))
    run_all()
    assert Image.open("data/panels/a/2/000060-0040.jpg").format == "JPEG"


def test_a_panel_that_the_format_cannot_hold_is_named(project):
    tall = [encode(framed(art(np.random.default_rng(1), 80, 8500), 2), "png", 90)] * 2
    (PAGES / "10.cbz").unlink()
    write_pages(PAGES / "2.cbz", *tall)
    Path("params.yaml").write_text(PARAMS.replace("format: png", "format: webp"))
    link.main(SERIES)
    Path("data/bands").mkdir()
    Path("data/bands/a.csv").write_text("series,episode,y0,y1\na,2,0,17000\n")
    with pytest.raises(ImageError, match=r"panel a/2/000000-0000: .*17000 pixels: choose png as cut\.format"):
        cut.main(SERIES)


def test_a_series_without_episodes_is_told(project):
    for path in PAGES.iterdir():
        path.unlink()
    with pytest.raises(ToonsegError, match="data/pages/a holds no episodes"):
        link.main(SERIES)


def test_an_episode_without_pages_is_named(project):
    write_pages(PAGES / "2.cbz")
    with pytest.raises(ToonsegError, match=r"data/pages/a/2\.cbz holds no pages"):
        link.main(SERIES)


def test_a_page_that_is_no_image_is_named_and_nothing_is_half_written(project):
    run_all()
    before = files_below(Path("data/panels"))
    write_pages(PAGES / "10.cbz", b"<html>not found</html>", encode(drawn_page(1), "jpg", 85))
    link.main(SERIES)
    with pytest.raises(ToonsegError, match=r"data/pages/a/10\.cbz, page 001\.jpg is no"):
        cut_rough.main(SERIES)
    with pytest.raises(ToonsegError, match=r"10\.cbz"):
        cut.main(SERIES)
    assert files_below(Path("data/panels")) == before
    assert [p.name for p in Path("data/panels").iterdir()] == [SERIES]


def test_an_archive_that_changed_since_it_was_placed_is_told(project):
    link.main(SERIES)
    write_pages(PAGES / "2.cbz", encode(drawn_page(2), "jpg", 85))
    with pytest.raises(ToonsegError, match=r"2\.cbz holds other pages than its strip"):
        cut_rough.main(SERIES)


def test_a_stage_says_which_table_it_misses(project):
    with pytest.raises(ToonsegError, match=r"data/strips/a\.csv does not exist"):
        cut_rough.main(SERIES)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups")
def test_ctrl_c_ends_all_processes_and_leaves_nothing_half_written(project):
    for episode in range(3, 9):
        write_pages(PAGES / f"{episode}.cbz", *[encode(drawn_page(n), "jpg", 85) for n in range(12)])
    link.main(SERIES)
    cut_rough.main(SERIES)
    root = Path(__file__).parent.parent
    stage = subprocess.Popen(
        [sys.executable, "-m", "stages.cut", SERIES],
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not Path("data/panels/.a.partial").exists():
        assert stage.poll() is None
        time.sleep(0.01)
    os.killpg(stage.pid, signal.SIGINT)
    _, said = stage.communicate()
    assert stage.returncode == 130
    assert said.strip().splitlines()[-1].startswith("error: stopped by Ctrl-C")
    assert "Traceback" not in said
    assert not list(Path("data/panels").iterdir())
    with pytest.raises(ProcessLookupError):
        os.killpg(stage.pid, 0)


# ---- processes -----------------------------------------------------------------------------------------


def doubled(number):
    return 2 * number


def refuse_three(number):
    if number == 3:
        raise ToonsegError("three is refused")
    return number


def die(number):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("processes", [1, 2, None])
def test_results_come_in_the_order_of_the_items(processes):
    assert list(map_episodes(doubled, [], processes)) == []
    assert list(map_episodes(doubled, range(7), processes)) == [0, 2, 4, 6, 8, 10, 12]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_failure_is_raised_in_its_place(processes):
    results = map_episodes(refuse_three, [1, 2, 3, 4], processes)
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(ToonsegError, match="three is refused"):
        next(results)


def test_a_killed_process_is_told():
    with pytest.raises(ToonsegError, match="a worker process was killed"):
        list(map_episodes(die, [1, 2], 2))
