"""The demo's web site: what a reader's browser and a crawler get from it."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from tiny_webtoon import SHOWS, Episode, draw

from toonseg.demo.faults import Fault, fault_named
from toonseg.demo.site import Request, Site, demo_shows, serve
from toonseg.demo.viewers import Setup, read_setup
from toonseg.errors import ToonsegError

DETAIL = "/webtoon/detail?titleId=rain&no={}"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serve(draw, SHOWS) as running:
        yield running


def image_path(number: int, page: int) -> str:
    return f"/image/rain/{number}/{quote(draw('rain', number).pages[page][0])}"


def get(address: str, referer: str = "") -> httpx.Response:
    return httpx.get(address, headers={"Referer": referer} if referer else {}, trust_env=False, timeout=60)


def test_it_runs_on_two_origins_of_this_machine_only_while_needed() -> None:
    with serve(draw, SHOWS) as site:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", site.page_origin)
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", site.image_origin)
        assert site.page_origin != site.image_origin
        assert get(site.page_origin).status_code == 200
    for origin in (site.page_origin, site.image_origin):
        with pytest.raises(httpx.ConnectError):
            get(origin)


def test_the_home_page_links_every_series_with_its_cover(site: Site) -> None:
    home = get(site.page_origin + "/")
    assert home.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'href="/webtoon/list?titleId=rain"' in home.text
    assert "비 &lt;온다&gt;" in home.text
    cover = re.search(r'<img src="([^"]+)"', home.text)
    assert cover
    assert get(cover[1], site.page_origin + "/").content == draw("rain", 1).pages[0][1]


def test_the_list_links_every_episode(site: Site) -> None:
    text = get(site.page_origin + "/webtoon/list?titleId=rain").text
    assert re.findall(r"titleId=rain&amp;no=(\d)", text) == list("654321")
    assert "제3화 셋" in text


def test_a_viewer_shows_its_pages_in_order_and_then_an_advertisement(site: Site) -> None:
    text = get(site.page_origin + DETAIL.format(2)).text
    images = re.findall(r'<img id="content_image_\d" src="([^"]+)"', text)
    assert images == [site.image_origin + image_path(2, page) for page in range(3)] + [
        site.image_origin + "/static/txt_ads.png"
    ]
    served = [get(image, site.page_origin + "/").content for image in images]
    assert served[:3] == [data for _, data in draw("rain", 2).pages]
    assert served[3].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("number", "links"), [(1, {"next": "2"}), (3, {"prev": "2", "next": "4"}), (6, {"prev": "5"})]
)
def test_a_viewer_links_its_neighbours(site: Site, number: int, links: dict[str, str]) -> None:
    text = get(site.page_origin + DETAIL.format(number)).text
    found = re.findall(r'<a class="(prev|next)"[^>]+no=(\d+)"', text)
    assert dict(found) == links


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/webtoon/list?titleId=snow",
        DETAIL.format(0),
        DETAIL.format(7),
        DETAIL.format("x"),
        DETAIL.format(""),
        "/webtoon/detail",
    ],
)
def test_a_page_that_there_is_not_is_404(site: Site, path: str) -> None:
    assert get(site.page_origin + path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/cover/snow",
        "/image/rain/1/no.jpg",
        "/image/rain/7/0.jpg",
        "/image/rain/x/0.jpg",
        "/image/snow/1/0",
    ],
)
def test_an_image_that_there_is_not_is_404(site: Site, path: str) -> None:
    assert get(site.image_origin + path, site.page_origin + "/").status_code == 404


@pytest.mark.parametrize("referer", ["", "http://elsewhere.example/"])
def test_images_are_for_readers_of_the_site_only(site: Site, referer: str) -> None:
    assert get(site.image_origin + image_path(1, 0), referer).status_code == 403
    assert get(site.image_origin + "/static/txt_ads.png", referer).status_code == 403


def test_robots_txt_forbids_the_members_pages(site: Site) -> None:
    assert "Disallow: /members/" in get(site.page_origin + "/robots.txt").text
    assert get(site.image_origin + "/robots.txt").status_code == 200


def test_the_log_tells_every_request() -> None:
    with serve(draw, SHOWS) as site:
        httpx.get(
            site.image_origin + "/cover/rain", headers={"User-Agent": "me", "Referer": "you"}, trust_env=False
        )
        assert site.log == [Request(True, "/cover/rain", "me", "you", 403)]


def test_a_fault_is_answered_as_often_as_asked_for() -> None:
    with serve(draw, SHOWS, faults={"/": Fault(503, {"Retry-After": "7"}, b"wait", times=1)}) as site:
        first, second = get(site.page_origin), get(site.page_origin)
    assert (first.status_code, first.headers["Retry-After"], first.content) == (503, "7", b"wait")
    assert second.status_code == 200


def test_an_episode_is_drawn_once_however_many_ask() -> None:
    drawn: list[int] = []

    def draw_and_note(series: str, number: int) -> Episode:
        drawn.append(number)
        return draw(series, number)

    with serve(draw_and_note, SHOWS) as site:
        for _ in range(2):
            get(site.page_origin + DETAIL.format(1))
            get(site.image_origin + image_path(1, 2), site.page_origin + "/")
    assert drawn == [1]


def test_episodes_are_drawn_ahead_in_other_processes() -> None:
    with serve(draw, SHOWS, ahead=[("rain", 1), ("rain", 2)]) as site:
        for number in (1, 2, 3):
            image = get(site.image_origin + image_path(number, 1), site.page_origin + "/")
            assert image.content == draw("rain", number).pages[1][1]


def test_the_words_of_the_command_line_switch_the_proving_ground() -> None:
    setup = read_setup("webtoons", "scroll", "3=paid, 4=login", script_links=True, trouble=False)
    assert setup == Setup("webtoons", "scroll", True, closed={3: "paid", 4: "login"})
    assert read_setup("demo", "no", "", script_links=False, trouble=False) == Setup()


@pytest.mark.parametrize(
    ("markup", "lazy", "closed", "sentence"),
    [
        ("daum", "no", "", "'daum' is unknown to the demo's site: choose demo, naver, naver2021, webtoons"),
        ("demo", "maybe", "", "'maybe' is unknown to the demo's site: choose no, script, scroll"),
        ("demo", "no", "3=sold", "3=sold closes no episode: write 3=paid, of login, paid"),
        ("demo", "no", "x=paid", "x=paid closes no episode"),
    ],
)
def test_a_word_that_switches_nothing_is_told(markup: str, lazy: str, closed: str, sentence: str) -> None:
    with pytest.raises(ToonsegError, match=f"^{sentence}"):
        read_setup(markup, lazy, closed, script_links=False, trouble=False)


@pytest.mark.parametrize("name", ["no such fault", ""])
def test_a_fault_that_there_is_not_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(ToonsegError, match=f"^no fault is called '{name}': there is busy, unavailable"):
        fault_named(name, b"")


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ToonsegError, match=f"cannot be served at port {port} .*: choose another"):
            serve(draw, SHOWS, port=port).__enter__()
    with pytest.raises(ToonsegError, match="at port 70000"):
        serve(draw, SHOWS, port=70000).__enter__()


def test_the_demos_series_and_episodes_are_all_there() -> None:
    assert {name: len(show.titles) for name, show in demo_shows().items()} == {
        "after-class": 14,
        "moonlit-bus": 14,
        "tidal-town": 6,
    }


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_serving_for_a_person_tells_the_address_and_ends_with_ctrl_c() -> None:
    code = "from toonseg.demo.site import serve_until_interrupted as serve; raise SystemExit(serve(0))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    address = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
    assert address
    assert "toon<b>seg</b>" in get(address[0]).text
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    process.stdout.close()
