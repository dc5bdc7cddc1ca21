"""`toonseg crawl` and `toonseg cache`, and the cache itself."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from crawling import asked, detail
from tiny_webtoon import SHOWS, draw

from toonseg.cli import main
from toonseg.crawl.cache import Cache, cache_folder
from toonseg.demo.faults import Fault
from toonseg.demo.site import serve
from toonseg.demo.viewers import Setup

PARAMS = """
crawl:
  i_have_permission: false
  contact: ''
  connections: 2
  delay_s: 0.0
  timeout_s: 30.0
  retries: 0
  back_off_s: 0.0
  most_wait_s: 1.0
series:
  mine:
    site: folder
    title: scans
    episodes: 1
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder of which only params.yaml is there, to work in."""
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOONSEG_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.browser
def test_check_tells_what_a_sites_file_finds_and_fetches_no_image(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(draw, SHOWS) as served:
        assert main(["crawl", "check", "demo", served.page_origin + detail(2)]) == 0
    told = capsys.readouterr().out.splitlines()
    for line in ("status    200", "title id  rain", "episode   2", "title     제2화 둘", "closed    -"):
        assert line in told
    assert f"previous  {served.page_origin}{detail(1)}" in told
    assert "images    4 found, 3 of them pages" in told
    assert [line.split()[1] for line in told[-4:]] == ["page", "page", "page", "drop"]
    assert asked(served.log, images=True) == ["/robots.txt"]


@pytest.mark.browser
def test_check_fails_where_an_episode_could_not_be_fetched(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(draw, SHOWS, setup=Setup(closed={2: "paid"})) as served:
        assert main(["crawl", "check", "demo", served.page_origin + detail(2)]) == 1
    said = capsys.readouterr()
    assert "closed    paid" in said.out
    assert said.err.endswith("no=2 must be paid for\n")


@pytest.mark.browser
def test_check_fails_where_images_are_on_a_host_that_is_not_allowed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = b'<div id="sectionContWide"><img id="content_image_0" src="//cdn.example/1"></div>'
    page = b'<h1 id="subTitle_toolbar">x</h1>' + image
    faults = {detail(2): Fault(200, {"Content-Type": "text/html"}, page)}
    with serve(draw, SHOWS, faults=faults) as served:
        assert main(["crawl", "check", "demo", served.page_origin + detail(2)]) == 1
    assert "http://cdn.example/1 is not on an allowed host (127.0.0.1): add" in capsys.readouterr().err


@pytest.mark.browser
def test_check_tells_what_scripts_asked_for_in_vain_and_heeds_robots_txt(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = '<div id="sectionContWide"><img id="content_image_0" src="/members/1.jpg"></div>'
    script = "<script>fetch('http://api.example/1'); fetch('/none')</script>"
    page = f'<h1 id="subTitle_toolbar">x</h1>{image}{script}'.encode()
    with serve(draw, SHOWS, faults={detail(2): Fault(200, {"Content-Type": "text/html"}, page)}) as served:
        assert main(["crawl", "check", "demo", served.page_origin + detail(2)]) == 1
        said = capsys.readouterr()
        assert "refused   api.example\n" in said.out
        assert f"failed    404 {served.page_origin}/none\n" in said.out
        assert said.err == f"error: robots.txt forbids {served.page_origin}/members/1.jpg\n"


@pytest.mark.parametrize(
    ("site", "address", "sentence"),
    [
        (
            "naver",
            "https://comic.naver.com/webtoon/detail?titleId=1&no=1",
            "comic.naver.com is somebody else's",
        ),
        (
            "demo",
            "http://127.0.0.1:9/webtoon/list",
            "http://127.0.0.1:9/webtoon/list is no episode's page of",
        ),
        ("demo", "http://elsewhere.example/x", "http://elsewhere.example/x is not on an allowed host"),
        ("mine.yaml", "http://127.0.0.1/x", "mine.yaml does not exist"),
    ],
)
def test_check_refuses_what_it_may_not_ask_for(
    project: Path, capsys: pytest.CaptureFixture[str], site: str, address: str, sentence: str
) -> None:
    assert main(["crawl", "check", site, address]) == 1
    assert capsys.readouterr().err.startswith(f"error: {sentence}")


def test_fetch_does_what_the_stage_does(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "scans" / "1").mkdir(parents=True)
    (project / "scans" / "1" / "1.jpg").write_bytes(draw("rain", 1).pages[0][1])
    assert main(["crawl", "fetch", "mine", "--verbose"]) == 0
    assert capsys.readouterr().out.startswith("mine: 1 episodes, 1 pages (1 fetched, 0 kept)")
    assert (project / "data" / "pages" / "mine" / "1.cbz").exists()
    for episodes, sentence in {
        "1-2": "series mine: 2 cannot be fetched anew, as it is none of its episodes 1: declare it in params",
        "": "episodes must name at least one episode",
    }.items():
        assert main(["crawl", "fetch", "mine", "--anew", episodes]) == 1
        assert f"error: {sentence}" in capsys.readouterr().err
    assert main(["crawl", "fetch", "other"]) == 1
    assert "no section 'other' of 'series'" in capsys.readouterr().err


def test_the_cache_is_shown_and_pruned_by_age(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache = Cache(cache_folder())
    assert cache.folder == project / "cache"
    assert cache.find("http://a.example/1") is None
    assert main(["cache"]) == 0
    assert capsys.readouterr().out == f"{cache.folder}: 0 files, 0.0 MB\n"

    cache.keep("http://a.example/1", b"one")
    cache.keep("http://a.example/2", b"two")
    cache.keep_episode(["site", 1], {"title": "하나"})
    old = (
        cache.folder / "images" / hashlib.sha256(b"one").hexdigest()[:2] / hashlib.sha256(b"one").hexdigest()
    )
    half, busy = old.with_name(".half.partial"), old.with_name(".busy.partial")
    half.write_bytes(b"half")
    busy.write_bytes(b"busy")
    for path in (old, half):
        os.utime(path, (0, 0))
    (cache.folder / "notes.txt").write_text("not ours")

    assert main(["cache", "prune", "--older-than", "30"]) == 0
    assert ": 2 files, 0.0 MB deleted, 5 files, 0.0 MB kept" in capsys.readouterr().out
    assert (cache.find("http://a.example/1"), cache.find("http://a.example/2")) == (None, b"two")
    assert cache.find_episode(["site", 1]) == {"title": "하나"}
    assert main(["cache", "prune"]) == 0
    assert busy.exists()  # another run may be writing it
    assert cache.usage().files == 1
    assert (cache.folder / "notes.txt").exists()


@pytest.mark.parametrize("days", ["-1", "nan", "old"])
def test_the_cache_is_not_pruned_by_what_is_no_age(
    project: Path, capsys: pytest.CaptureFixture[str], days: str
) -> None:
    Cache(cache_folder()).keep("http://a.example/1", b"one")
    with pytest.raises(SystemExit):
        main(["cache", "prune", "--older-than", days])
    assert f"must be a number of days, 0 or more, got {days}" in capsys.readouterr().err
    assert Cache(cache_folder()).usage().files == 2


@pytest.mark.parametrize("named", ["file", "file/below"])
def test_a_file_in_the_place_of_the_cache_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], named: str
) -> None:
    (project / "file").write_bytes(b"")
    monkeypatch.setenv("TOONSEG_CACHE", named)
    assert main(["cache"]) == 1
    assert capsys.readouterr().err == (
        "error: file is no folder, so no cache can be kept there: set TOONSEG_CACHE to a folder\n"
    )


def test_an_address_gives_what_it_gave_to_who_came_from_there(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep("http://a.example/1", b"stand-in", "http://a.example/")
    cache.keep("http://a.example/1", b"one", "http://a.example/detail")
    assert cache.find("http://a.example/1", "http://a.example/") == b"stand-in"
    assert cache.find("http://a.example/1", "http://a.example/detail") == b"one"
    assert cache.find("http://a.example/1") is None
    cache.forget("http://a.example/1", "http://a.example/")
    assert cache.find("http://a.example/1", "http://a.example/") is None


def test_runs_that_keep_the_same_at_one_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    def keep_and_count(run: int) -> None:
        for index in range(50):
            Cache(tmp_path).keep(f"http://a.example/{index}", b"%d" % index)
            Cache(tmp_path).usage()

    with ThreadPoolExecutor(8) as runs:
        list(runs.map(keep_and_count, range(8)))
    assert [Cache(tmp_path).find(f"http://a.example/{index}") for index in range(50)] == [
        b"%d" % index for index in range(50)
    ]
    assert Cache(tmp_path).usage().files == 100


def test_what_is_damaged_in_the_cache_is_not_given(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep("http://a.example/1", b"one")
    cache.keep_episode(["x"], {"a": 1})
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.write_bytes(b"\xff")
    assert cache.find("http://a.example/1") is None
    assert cache.find_episode(["x"]) is None
    cache.keep("http://a.example/1", b"one")
    assert cache.find("http://a.example/1") == b"one"


def test_the_cache_lies_in_the_users_cache_folder_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOONSEG_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder().name == "toonseg"
