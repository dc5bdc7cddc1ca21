"""The crawl: a real browser at a real site; every page arrives untouched, or its episode is refused."""

import json
import os
import subprocess
import sys
import textwrap
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from crawling import QUICK, asked, at, crawl, declared, detail, files, image
from tiny_webtoon import SHOWS, draw

from toonseg.archive import read_info, read_page, read_pages
from toonseg.crawl.browser import View
from toonseg.crawl.cache import Cache
from toonseg.crawl.episode import check_open
from toonseg.crawl.series import crawl_series, missing_episodes
from toonseg.crawl.sites import load_site
from toonseg.demo.faults import Fault
from toonseg.demo.site import serve
from toonseg.demo.studio import draw_demo
from toonseg.errors import CrawlError
from toonseg.series import SeriesParams

# --- Series, with a browser ---------------------------------------------------------------------


@pytest.mark.browser
def test_every_page_arrives_untouched_once_and_a_second_run_asks_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "rain"
    with serve(draw, SHOWS) as served:
        assert str(crawl(served, folder, "1-3")).startswith("3 episodes, 9 pages (3 fetched, 0 kept), 0.0 MB")
        log = list(served.log)
        monkeypatch.setenv("TOONSEG_BROWSER", "no browser is looked for")
        assert crawl(served, folder, "1-3").fetched == 0
        assert served.log == log
    for number in (1, 2, 3):
        path = folder / f"{number}.cbz"
        pages = read_pages(path, "rain")
        assert [read_page(path, page) for page in pages] == [data for _, data in draw("rain", number).pages]
        assert [page.name for page in pages] == ["001.jpg", "002.jpg", "003.jpg"]
    wanted = [image(number, page) for number in (1, 2, 3) for page in range(3)]
    assert sorted(asked(log, images=True)) == sorted(["/robots.txt", *wanted])
    assert asked(log, images=False) == ["/robots.txt", *(detail(number) for number in (1, 2, 3))]
    assert {request.user_agent for request in log} == {"toonseg/0.1.0 (+mail@example.org)"}
    shown = {request.referer for request in log if request.address.startswith("/image/")}
    assert shown == {served.page_origin + "/"}


@pytest.mark.browser
def test_the_same_pages_give_the_same_archive_without_host_or_time(tmp_path: Path) -> None:
    for run in ("one", "two"):
        with serve(draw, SHOWS) as served:
            crawl(served, tmp_path / run, "2")
    assert files(tmp_path / "one") == files(tmp_path / "two")
    with zipfile.ZipFile(tmp_path / "one" / "2.cbz") as archive:
        text = archive.read("episode.json").decode()
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    info = json.loads(text)
    assert "127.0.0.1" not in text
    assert sorted(info) == ["number", "pages", "site", "title", "title_id"]
    assert (info["number"], info["title"]) == (2, "제2화 둘")
    assert info["pages"][1]["height"] == 41
    assert info["pages"][1]["address"] == image(2, 1)
    assert sorted(info["pages"][1]) == (
        ["address", "bytes", "frames", "height", "name", "page", "sha256", "width"]
    )


@pytest.mark.browser
def test_failed_episodes_do_not_stop_the_others_and_only_they_are_fetched_again(tmp_path: Path) -> None:
    cut_off = draw("rain", 3).pages[2][1][:-9]
    faults = {image(2, 1): Fault(404), image(3, 2): Fault(200, body=cut_off), detail(4): Fault(503)}
    with serve(draw, SHOWS, faults=faults) as served, pytest.raises(CrawlError) as failure:
        crawl(served, tmp_path, "1-5, 9")
    lines = str(failure.value).splitlines()
    assert lines[0].startswith("4 of 6 episodes of rain failed, the others are kept; run it again")
    assert [line.split()[0] for line in lines[1:]] == ["2", "3", "4", "9"]
    assert f"the server answered 404 to {served.image_origin}{image(2, 1)}" in lines[1]
    assert f"{image(3, 2)} is cut off: the end of its data is missing (3 times)" in lines[2]
    assert "the site answered 503" in lines[3]
    assert "the site has no such episode (it answered 404" in lines[4]
    assert sorted(files(tmp_path)) == ["1.cbz", "5.cbz"]
    assert asked(served.log, images=True).count(image(2, 1)) == 1
    assert asked(served.log, images=True).count(image(3, 2)) == 3
    assert asked(served.log, images=False).count(detail(4)) == 3

    with serve(draw, SHOWS) as served:
        assert str(crawl(served, tmp_path, "1-5")).startswith("5 episodes, 15 pages (3 fetched, 2 kept)")
    assert asked(served.log, images=False)[1:] == [detail(2), detail(3), detail(4)]


@pytest.mark.browser
def test_episodes_no_longer_declared_go_and_those_of_another_title_are_fetched_anew(tmp_path: Path) -> None:
    shows = {**SHOWS, "rainy": SHOWS["rain"]}
    with serve(draw, shows) as served:
        crawl(served, tmp_path, "1-3")
        first = files(tmp_path)
        assert crawl(served, tmp_path, "3").fetched == 0
        assert files(tmp_path) == {"3.cbz": first["3.cbz"]}
        assert missing_episodes(tmp_path, declared("3", title="rainy"), at(served)) == (3,)
        crawl_series("rain", declared("3", title="rainy"), at(served), tmp_path, QUICK)
    assert read_info(tmp_path / "3.cbz")["title_id"] == "rainy"


@pytest.mark.browser
def test_a_page_that_robots_txt_forbids_is_never_asked_for(tmp_path: Path) -> None:
    with serve(draw, SHOWS) as served:
        members = replace(at(served), page="/members/detail?titleId={title}&no={episode}")
        with pytest.raises(CrawlError, match=r"1  robots\.txt forbids http.*/members/detail"):
            crawl(served, tmp_path, "1", members)
    assert asked(served.log, images=False) == ["/robots.txt"]
    assert files(tmp_path) == {}


@pytest.mark.browser
def test_images_on_a_host_that_is_not_allowed_are_refused(tmp_path: Path) -> None:
    foreign = {image(1): Fault(302, {"Location": "http://elsewhere.example/page.jpg"})}
    with (
        serve(draw, SHOWS, faults=foreign) as served,
        pytest.raises(CrawlError, match=r"http://elsewhere\.example/page\.jpg is not on an allowed host"),
    ):
        crawl(served, tmp_path, "1")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"images": "img["}, r"^the site's file: images is no CSS selector, got 'img\['$"),
        ({"images": ".nothing img"}, r"0 images at '\.nothing img' of http.*, not 1 or more: "),
        ({"least_pages": 4}, "3 images at .*, not 4 or more: "),
        ({"attributes": ("data-nothing",)}, r"image 1 of http.* has none of data-nothing"),
        ({"title": ".nothing"}, r"no title at '\.nothing' of http"),
    ],
)
def test_markup_that_does_not_fit_the_sites_file_is_a_fault(
    tmp_path: Path, wrong: dict[str, object], sentence: str
) -> None:
    with serve(draw, SHOWS) as served, pytest.raises(CrawlError, match=sentence):
        crawl(served, tmp_path, "1", replace(at(served), **wrong))  # type: ignore[arg-type]
    assert files(tmp_path) == {}


@pytest.mark.browser
def test_a_picture_that_stands_in_for_most_pages_is_a_fault_and_not_kept(tmp_path: Path) -> None:
    stand_in = Fault(200, body=draw("rain", 5).pages[0][1])
    cache = Cache(tmp_path / "cache")
    with serve(draw, SHOWS, faults={image(1, page): stand_in for page in range(3)}) as served:
        site = at(served)
        with pytest.raises(
            CrawlError, match=r"1  3 addresses of http.*no=1 gave one image, http.*: it may stand"
        ):
            crawl(served, tmp_path / "rain", "1", site, cache)
        assert cache.find(served.image_origin + image(1), site.referer_of("")["Referer"]) is None
    assert files(tmp_path / "rain") == {}


@pytest.mark.browser
def test_episodes_are_fetched_anew_where_that_is_wanted_though_they_are_there(tmp_path: Path) -> None:
    cache, folder = Cache(tmp_path / "cache"), tmp_path / "rain"
    with serve(draw, SHOWS) as served:
        for start in ("rain", served.page_origin + detail(1)):
            wanted = SeriesParams("demo", start, "1-2")
            crawl_series("rain", wanted, at(served), folder, QUICK, cache)
            before = asked(served.log, images=True)
            assert crawl_series("rain", wanted, at(served), folder, QUICK, cache, anew=[2]).fetched == 1
            again = asked(served.log, images=True)[len(before) :]
            assert sorted(set(again)) == sorted(["/robots.txt", *(image(2, page) for page in range(3))])
    assert sorted(files(folder)) == ["1.cbz", "2.cbz"]


@pytest.mark.browser
def test_what_the_links_pass_over_is_tried_by_its_address(tmp_path: Path) -> None:
    page = f"""
        <h1 id="subTitle_toolbar">x</h1><a class="next" href="{detail(4)}">on</a>
        <div id="sectionContWide"><img id="content_image_0" src="{image(1)}"></div>
    """
    faults = {detail(1): Fault(200, {"Content-Type": "text/html"}, page.encode()), detail(3): Fault(404)}
    with serve(draw, SHOWS, faults=faults) as served:
        wanted = declared("2-4", served.page_origin + detail(1))
        with pytest.raises(
            CrawlError, match=r"^1 of 3 .*\n  3  no link leads to it, and the site has no such"
        ):
            crawl_series("rain", wanted, at(served), tmp_path, QUICK)
    assert sorted(files(tmp_path)) == ["2.cbz", "4.cbz"]
    viewed = [address for address in asked(served.log, images=False) if "no=" in address]
    assert viewed == [detail(number) for number in (1, 4, 2, 3)]


@pytest.mark.parametrize("number", ["{episode}", "{episode:03d}"])
@pytest.mark.parametrize("shown", ["/ep-003", "/list"])
def test_another_page_than_that_of_the_episode_is_never_taken_for_it(number: str, shown: str) -> None:
    site = replace(load_site("demo"), page=f"/ep-{number}")
    with pytest.raises(CrawlError, match=r"leads to another page, .*: the episode is not shown to us"):
        check_open(site, View(200, site.origin + shown), site.episode_address("", 4))
    with pytest.raises(CrawlError, match="leads to another page"):
        check_open(site, View(200, site.origin + "/list"), site.origin + "/list")
    check_open(site, View(200, site.origin + "/ep-004"), site.episode_address("", 4))


# --- The stage ----------------------------------------------------------------------------------


def stage(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the stage for tidal-town in a project of which only params.yaml is there."""
    usual = {
        "connections": "4",
        "site": "demo",
        "episodes": "1",
        "i_have_permission": "false",
        "timeout_s": "120.0",
    }
    values = {**usual, "contact": "''", "title": "tidal-town", **changes}
    text = f"""
        crawl:
          i_have_permission: {values["i_have_permission"]}
          contact: {values["contact"]}
          connections: {values["connections"]}
          delay_s: 0.0
          timeout_s: {values["timeout_s"]}
          retries: 1
          back_off_s: 0.1
          most_wait_s: 1.0
        series:
          tidal-town:
            site: {values["site"]}
            title: {values["title"]}
            episodes: {values["episodes"]}
    """
    (folder / "params.yaml").write_text(textwrap.dedent(text))
    return subprocess.run(
        [sys.executable, "-m", "stages.crawl", "tidal-town"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.browser
def test_the_stage_fetches_the_demos_own_pages_and_then_keeps_them(tmp_path: Path) -> None:
    first = stage(tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    drawn = draw_demo("tidal-town", 1).pages
    assert first.stdout.startswith(f"crawl@tidal-town: 1 episodes, {len(drawn)} pages (1 fetched, 0 kept), ")
    path = tmp_path / "data" / "pages" / "tidal-town" / "1.cbz"
    assert [read_page(path, page) for page in read_pages(path, "tidal-town")] == [data for _, data in drawn]
    assert "(0 fetched, 1 kept)" in stage(tmp_path).stdout


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"connections": "17"}, "params.yaml, section 'crawl': connections must be at most 16, got 17"),
        ({"timeout_s": ".inf"}, "params.yaml, section 'crawl': timeout_s must be at most 600.0, got inf"),
        ({"site": "naver5"}, "the site 'naver5' is unknown: there is "),
        ({"episodes": "7-1"}, "params.yaml, section 'series.tidal-town': episodes holds the range '7-1'"),
        ({"site": "naver"}, "comic.naver.com is somebody else's: webtoons belong to their authors"),
        (
            {"site": "naver", "i_have_permission": "true"},
            "comic.naver.com must be able to tell who comes: set crawl.contact in params.yaml",
        ),
        ({"contact": "me"}, "params.yaml, section 'crawl': contact must be a mail or web address"),
        ({"episodes": ""}, "params.yaml, section 'series.tidal-town': episodes must name at least one"),
    ],
)
def test_the_stage_refuses_a_wrong_value_with_one_sentence(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    refused = stage(tmp_path, **changes)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: {sentence}")
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()
