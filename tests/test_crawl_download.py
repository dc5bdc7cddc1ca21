"""Downloads: faults that pass are healed, those that stay are told, nobody else is asked."""

import asyncio
import email.utils
import hashlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from crawling import QUICK, image
from tiny_webtoon import SHOWS, draw

from toonseg.crawl.cache import Cache
from toonseg.crawl.download import Downloader
from toonseg.crawl.hosts import Door
from toonseg.crawl.manners import CrawlParams, back_off_s
from toonseg.crawl.robots import Robots
from toonseg.demo.faults import Fault
from toonseg.demo.site import Request, serve
from toonseg.demo.viewers import Setup
from toonseg.errors import CrawlError

LOOPBACK = Door({"127.0.0.1"}, local=True)
PAGE_BYTES = draw("rain", 1).pages[0][1]

# --- Downloads, from the site without a browser -------------------------------------------------


def fetch(faults: Mapping[str, Fault], *, params: CrawlParams = QUICK, referer: str = "") -> list[Request]:
    """Fetch the first image of episode 1; gives the site's log. Its bytes are checked."""
    with serve(draw, SHOWS, faults=faults) as served, Downloader(params, LOOPBACK) as downloader:
        address = served.image_origin + image(1)
        try:
            [(facts, data)] = downloader.images([address], {"Referer": (referer or served.page_origin) + "/"})
        except CrawlError as error:
            log = [request for request in served.log if request.address != "/robots.txt"]
            raise CrawlError(str(error), log) from None
        assert data == draw("rain", 1).pages[0][1]
        assert (facts.format, facts.width, facts.height, facts.frames) == ("jpeg", 30, 40, 1)
        return [request for request in served.log if request.address != "/robots.txt"]


def refusal(
    faults: Mapping[str, Fault], *, params: CrawlParams = QUICK, referer: str = ""
) -> tuple[str, int]:
    """The sentence with which that image is refused, and how often it was asked for."""
    with pytest.raises(CrawlError) as error:
        fetch(faults, params=params, referer=referer)
    sentence, log = error.value.args
    return sentence, len(log)


def network(handler: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> httpx.MockTransport:
    """A network on which ``handler`` answers for all but robots.txt, which there is not."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/robots.txt":
            return httpx.Response(404)
        return await handler(request)

    return httpx.MockTransport(answer)


def test_no_addresses_give_no_images() -> None:
    with Downloader(QUICK, LOOPBACK) as downloader:
        assert downloader.images([], {}) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(503, times=2),
        Fault(500, times=1),
        Fault(429, {"Retry-After": "0"}, times=2),
        Fault(429, {"Retry-After": email.utils.formatdate(0)}, times=1),
        Fault(429, {"Retry-After": "soon"}, times=1),
        Fault(200, {"Content-Length": "5000"}, b"cut in the middle", times=1),
        Fault(200, {"Content-Encoding": "gzip"}, b"not compressed", times=1),
        Fault(200, {}, draw("rain", 1).pages[0][1][:-5], times=1),
        Fault(200, {}, b"<!DOCTYPE html>", times=2),
    ],
    ids=["503", "500", "429", "429 date", "429 odd", "cut", "undecodable", "truncated", "web page"],
)
def test_a_fault_that_passes_is_healed(fault: Fault) -> None:
    assert len(fetch({image(1): fault})) == fault.times + 1


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_never_tried_again(status: int) -> None:
    sentence, requests = refusal({image(1): Fault(status)})
    assert sentence.startswith(f"the server answered {status} to http://127.0.0.1:")
    assert requests == 1


def test_an_image_without_the_right_referer_is_refused() -> None:
    sentence, requests = refusal({}, referer="http://elsewhere.example")
    assert "answered 403" in sentence
    assert requests == 1


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault(503), "the server answered 503 to "),
        (Fault(200, {}, b"<!DOCTYPE html>"), "is no JPEG, PNG, WebP or GIF image: it begins with "),
        (Fault(200, {"Content-Length": "5000"}, b"cut"), "peer closed connection"),
        (Fault(200, {"Content-Encoding": "gzip"}, b"not compressed"), "came damaged: "),
    ],
)
def test_a_fault_that_stays_is_told_with_how_often_it_was_tried(fault: Fault, sentence: str) -> None:
    said, requests = refusal({image(1): fault})
    assert sentence in said
    assert said.endswith("(3 times)")
    assert requests == 3


def test_retry_after_holds_for_the_whole_host() -> None:
    asked_at: dict[str, list[float]] = {"/busy": [], "/other": []}

    async def answer(request: httpx.Request) -> httpx.Response:
        asked_at[request.url.path].append(time.monotonic())
        if request.url.path == "/busy" and len(asked_at["/busy"]) == 1:
            return httpx.Response(429, headers={"Retry-After": "1"})
        return httpx.Response(200, content=PAGE_BYTES)

    with Downloader(QUICK, LOOPBACK, None, network(answer)) as downloader:
        downloader.images(["http://127.0.0.1/busy"], {})
        assert asked_at["/busy"][1] - asked_at["/busy"][0] >= 1
        downloader.pauses.ask_for("http://127.0.0.1/", 0.5)
        begun = time.monotonic()
        downloader.images(["http://127.0.0.1/other"], {})
    assert asked_at["/other"][0] - begun >= 0.49


def test_a_host_that_asks_for_too_long_a_wait_is_given_up() -> None:
    sentence, requests = refusal({image(1): Fault(429, {"Retry-After": "3600"})})
    assert sentence.endswith("asks to come back in 3600 s, more than crawl.most_wait_s")
    assert requests == 1


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("http://elsewhere.example/page.jpg", "is not on an allowed host (127.0.0.1)"),
        ("ftp://127.0.0.1/page.jpg", "is no address on the web"),
        (image(1), "redirects more than 5 times"),
    ],
)
def test_a_redirect_goes_to_allowed_hosts_only_and_ends(target: str, sentence: str) -> None:
    assert sentence in refusal({image(1): Fault(302, {"Location": target})})[0]


def test_a_redirect_to_what_robots_txt_forbids_is_not_followed() -> None:
    sentence, requests = refusal({image(1): Fault(302, {"Location": "/members/1.jpg"})})
    assert "robots.txt forbids http://127.0.0.1" in sentence
    assert requests == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.8", "169.254.169.254", "[::1]"])
def test_a_private_address_is_refused_where_the_site_is_on_the_internet(host: str) -> None:
    door = Door({"comic.example", host.strip("[]")}, local=False)
    with (
        Downloader(QUICK, door) as downloader,
        pytest.raises(CrawlError, match=r"/1\.jpg leads to .*, an address of a private network"),
    ):
        downloader.images([f"http://{host}/1.jpg"], {})


def test_a_host_without_a_number_is_left_to_the_network_to_tell() -> None:
    Door({"comic.invalid"}, local=False).check("http://comic.invalid/1.jpg")


def test_an_image_in_the_cache_is_not_asked_for_unless_it_is_damaged(tmp_path: Path) -> None:
    asked_for = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked_for.append(request.url.path)
        return httpx.Response(200, content=PAGE_BYTES)

    cache = Cache(tmp_path)
    for run in range(3):
        with Downloader(QUICK, LOOPBACK, cache, network(answer)) as downloader:
            assert downloader.images(["http://127.0.0.1/1"], {})[0][1] == PAGE_BYTES
        assert len(asked_for) == (1, 1, 2)[run]
        if run == 1:
            [kept] = (tmp_path / "images").glob("*/*")
            kept.write_bytes(PAGE_BYTES[:-1])
    assert cache.image(hashlib.sha256(PAGE_BYTES).hexdigest()) == PAGE_BYTES


def test_images_wanted_anew_are_asked_for_though_they_are_in_the_cache(tmp_path: Path) -> None:
    asked_for = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked_for.append(request.url.path)
        return httpx.Response(200, content=draw("rain", len(asked_for)).pages[0][1])

    with Downloader(QUICK, LOOPBACK, Cache(tmp_path), network(answer)) as downloader:
        for anew, drawn in ((False, 1), (True, 2), (False, 2)):
            [(_, data)] = downloader.images(["http://127.0.0.1/1"], {}, anew=anew)
            assert data == draw("rain", drawn).pages[0][1]


@pytest.mark.parametrize(
    ("kind", "begins"),
    [("AVIF", b"\0\0\0\x20ftypavif"), ("JPEG XL", b"\xff\x0a"), ("SVG", b"<?xml version='1.0'?>\n<svg>")],
)
def test_a_picture_of_another_kind_is_named_and_not_asked_for_again(kind: str, begins: bytes) -> None:
    said, requests = refusal({image(1): Fault(200, {}, begins + bytes(20))})
    assert f" is {kind}, which is not supported: let `attributes` of the site's file name another" in said
    assert requests == 1


def test_no_kind_of_picture_is_asked_for_that_is_not_supported() -> None:
    accepted = []

    async def answer(request: httpx.Request) -> httpx.Response:
        accepted.append(request.headers["Accept"])
        return httpx.Response(200, content=PAGE_BYTES)

    with Downloader(QUICK, LOOPBACK, None, network(answer)) as downloader:
        downloader.images(["http://127.0.0.1/1"], {})
    assert accepted == ["image/webp,image/jpeg,image/png,image/gif"]


def test_a_redirect_within_the_host_is_followed() -> None:
    assert len(fetch({image(1): Fault(302, {"Location": image(1)}, times=1)})) == 2


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://elsewhere.example/1.jpg", "is not on an allowed host"),
        ("file:///etc/hostname", "is no address on the web"),
    ],
)
def test_an_address_of_another_host_is_not_asked_for(address: str, sentence: str) -> None:
    with Downloader(QUICK, LOOPBACK) as downloader, pytest.raises(CrawlError, match=sentence):
        downloader.images([address], {})


def test_a_host_that_cannot_be_reached_is_told() -> None:
    with serve(draw, SHOWS) as gone:
        pass
    with (
        Downloader(QUICK, LOOPBACK) as downloader,
        pytest.raises(CrawlError, match=r"/robots\.txt cannot be had, which forbids all"),
    ):
        downloader.images([gone.image_origin + "/1.jpg"], {})


def test_a_host_that_is_gone_after_its_robots_txt_is_told() -> None:
    async def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with (
        Downloader(QUICK, LOOPBACK, None, network(gone)) as downloader,
        pytest.raises(CrawlError, match=r"/1\.jpg: cannot be reached \(3 times\)"),
    ):
        downloader.images(["http://127.0.0.1/1.jpg"], {})


def test_a_server_that_never_answers_is_told() -> None:
    async def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with (
        Downloader(QUICK, LOOPBACK, None, network(silent)) as downloader,
        pytest.raises(CrawlError, match=r"no answer in time \(3 times\)"),
    ):
        downloader.images(["http://127.0.0.1/1.jpg"], {})


def test_images_come_in_the_order_asked_for_each_fetched_once_over_few_connections() -> None:
    active, most, asked_for = 0, 0, []

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal active, most
        asked_for.append(request.url.path)
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.01 if len(asked_for) % 2 else 0.0)
        active -= 1
        return httpx.Response(200, content=draw("rain", int(request.url.path[1:])).pages[0][1])

    numbers = [5, 1, 4, 1, 3, 2, 6]
    with Downloader(QUICK, LOOPBACK, None, network(answer)) as downloader:
        found = downloader.images([f"http://127.0.0.1/{number}" for number in numbers], {})
    assert [data for _, data in found] == [draw("rain", number).pages[0][1] for number in numbers]
    assert sorted(asked_for) == [f"/{number}" for number in range(1, 7)]
    assert most == QUICK.connections


def test_a_connection_serves_others_while_an_image_waits_for_its_next_attempt() -> None:
    asked_for = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked_for.append(request.url.path)
        return httpx.Response(503 if len(asked_for) == 1 else 200, content=PAGE_BYTES)

    with Downloader(replace(QUICK, connections=1, back_off_s=0.3), LOOPBACK, None, network(answer)) as one:
        one.images(["http://127.0.0.1/1", "http://127.0.0.1/2"], {})
    assert asked_for == ["/1", "/2", "/1"]


def test_after_a_fault_that_stays_no_further_image_is_asked_for() -> None:
    asked_for = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked_for.append(request.url.path)
        return httpx.Response(404 if request.url.path == "/2" else 200, content=PAGE_BYTES)

    with (
        Downloader(replace(QUICK, connections=1), LOOPBACK, None, network(answer)) as downloader,
        pytest.raises(CrawlError, match=r"answered 404 to http://127\.0\.0\.1/2$"),
    ):
        downloader.images([f"http://127.0.0.1/{number}" for number in range(1, 9)], {})
    assert asked_for == ["/1", "/2"]


def test_an_endless_image_is_given_up() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(10_000_000)

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    with (
        Downloader(QUICK, LOOPBACK, None, network(answer)) as downloader,
        pytest.raises(CrawlError, match="is larger than 100000000 bytes"),
    ):
        downloader.images(["http://127.0.0.1/1.jpg"], {})


def test_the_wait_before_each_attempt_doubles_up_to_the_most() -> None:
    params = replace(QUICK, back_off_s=0.5, most_wait_s=3.0)
    assert [back_off_s(attempt, params) for attempt in range(5)] == [0.0, 0.5, 1.0, 2.0, 3.0]


# --- robots.txt ---------------------------------------------------------------------------------

PAGE = "http://comic.example/webtoon/detail?titleId=a&no=1"


def robots(status: int, body: bytes = b"") -> Robots:
    noted = Robots()
    noted.note(PAGE, status, body)
    return noted


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_all_is_allowed_where_robots_txt_says_nothing_or_is_not_there(status: int) -> None:
    robots(status).check(PAGE)
    assert robots(status).delay_s(PAGE) == 0


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_nothing_is_allowed_where_robots_txt_cannot_be_had(status: int) -> None:
    with pytest.raises(
        CrawlError, match=r"^http://comic\.example/robots\.txt cannot be had, which forbids all"
    ):
        robots(status).check(PAGE)


def test_robots_txt_is_obeyed_where_it_names_us() -> None:
    rules = robots(
        200, b"User-agent: *\nAllow: /\n\nUser-agent: toonseg\nCrawl-delay: 2.5\nDisallow: /webtoon/*no=2$"
    )
    rules.check(PAGE)
    with pytest.raises(CrawlError, match=r"^robots\.txt forbids http://comic\.example/.*no=2$"):
        rules.check(PAGE.replace("no=1", "no=2"))
    assert rules.delay_s(PAGE) == 2.5
    assert rules.delay_s("https://comic.example/") == 0


def test_robots_txt_is_asked_for_once_an_origin() -> None:
    with serve(draw, SHOWS) as served, Downloader(QUICK, LOOPBACK) as downloader:
        for _ in range(2):
            downloader.permit(served.page_origin + "/")
        addresses = [served.image_origin + image(1, page) for page in range(3)]
        downloader.images(addresses, {"Referer": f"{served.page_origin}/"})
    asked_for = [(request.images, request.address) for request in served.log]
    assert sorted(line for line in asked_for if line[1] == "/robots.txt") == [
        (False, "/robots.txt"),
        (True, "/robots.txt"),
    ]


def test_images_come_one_by_one_where_their_robots_txt_wants_a_delay() -> None:
    begun = []

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/robots.txt":
            return httpx.Response(200, content=b"User-agent: *\nCrawl-delay: 0.2\n")
        begun.append(time.monotonic())
        return httpx.Response(200, content=PAGE_BYTES)

    with Downloader(QUICK, LOOPBACK, None, httpx.MockTransport(answer)) as downloader:
        downloader.images([f"http://127.0.0.1/{page}" for page in range(3)], {})
        assert downloader.delay_s("http://127.0.0.1/") == 0.2
    assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(begun))


@pytest.mark.parametrize("status", [403, 500])
def test_images_are_not_asked_for_where_their_own_robots_txt_fails(status: int) -> None:
    with (
        serve(draw, SHOWS, setup=Setup(robots_status=status)) as served,
        Downloader(QUICK, LOOPBACK) as downloader,
    ):
        address = served.image_origin + image(1)
        if status == 403:
            downloader.images([address], {"Referer": f"{served.page_origin}/"})
            return
        with pytest.raises(CrawlError, match=r"robots\.txt cannot be had"):
            downloader.images([address], {"Referer": f"{served.page_origin}/"})
    assert {request.address for request in served.log} == {"/robots.txt"}
