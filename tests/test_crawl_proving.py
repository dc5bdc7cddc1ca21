"""The crawl on its proving ground: other sites' markup, what is closed, what goes wrong, odd names."""

import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from crawling import QUICK, asked, at, crawl, declared, detail, files, image
from tiny_webtoon import SHOWS, Episode, draw

from toonseg.archive import read_info, read_page, read_pages
from toonseg.crawl.browser import View, browsing, find_browser
from toonseg.crawl.cache import Cache
from toonseg.crawl.episode import pages_of
from toonseg.crawl.hosts import Door
from toonseg.crawl.series import crawl_series
from toonseg.crawl.sites import load_site
from toonseg.demo.faults import FAULTS, Fault, passing_fault
from toonseg.demo.markup import Show
from toonseg.demo.site import serve
from toonseg.demo.viewers import CLOSED, FOREIGN, Setup
from toonseg.errors import CrawlError, ParamsError
from toonseg.images import encode

pytestmark = pytest.mark.browser
HTML = {"Content-Type": "text/html"}
WHY = {
    "login": "is shown to those who log in only",
    "paid": "must be paid for",
    "age": "asks for its reader's age",
    "withdrawn": "was withdrawn, or was never there",
    "sideways": "is read sideways: its pages make no strip",
}


def drawn(number: int) -> list[bytes]:
    return [data for _, data in draw("rain", number).pages]


def pages_in(path: Path) -> list[bytes]:
    return [read_page(path, page) for page in read_pages(path, "rain")]


@pytest.mark.parametrize(
    ("markup", "lazy", "script_links"),
    [
        ("demo", "scroll", True),
        ("naver", "script", True),
        ("naver2021", "no", False),
        ("webtoons", "scroll", False),
    ],
)
def test_each_sites_markup_is_read_and_what_it_closes_is_told_without_asking_twice(
    tmp_path: Path, markup: str, lazy: str, script_links: bool
) -> None:
    closed = dict(enumerate(CLOSED, 2))
    setup = Setup(
        markup=markup,  # type: ignore[arg-type]
        lazy=lazy,  # type: ignore[arg-type]
        script_links=script_links,
        banners=("/static/txt_ads.png", "/static/agerate.png") if markup != "webtoons" else (),
        closed=closed,
    )
    with serve(draw, SHOWS, setup=setup) as served:
        site = replace(at(served, markup), scroll=lazy == "scroll", cookies={})
        with pytest.raises(CrawlError) as failure:
            crawl(served, tmp_path, "1-6", site)
    assert pages_in(tmp_path / "1.cbz") == drawn(1)
    assert sorted(files(tmp_path)) == ["1.cbz"]
    told = str(failure.value).splitlines()[1:]
    assert [line.split()[0] for line in told] == list("23456")
    for line, kind in zip(told, closed.values(), strict=True):
        assert line.endswith(WHY[kind]), line
    viewed = [address for address in asked(served.log, images=False) if "no=" in address]
    assert len({address.rpartition("no=")[2] for address in viewed}) == 6
    hops = 2 if markup == "webtoons" else 1  # its own address leads to one with words in it
    assert len(viewed) == 6 * hops
    assert not [address for address in asked(served.log, images=True) if "/static/" in address]


def test_images_that_a_script_asks_the_site_for_are_waited_for(tmp_path: Path) -> None:
    with serve(draw, SHOWS, setup=Setup(lazy="answer", banners=())) as served:
        crawl(served, tmp_path, "1")
    assert pages_in(tmp_path / "1.cbz") == drawn(1)


ADDRESSES = b"""<!DOCTYPE html><meta charset="utf-8"><base href="/deep/">
<meta name="title" content="Ep. 3 &amp; 4">
<div id="strip"><img src="a.jpg"><img src=" /b c.jpg?x=1&amp;y=2 "><img src="//127.0.0.1/d.jpg">
<img src="data:image/gif;base64,AA==" data-src="Who&amp;#39;s.jpg">
<img src="e.jpg" srcset="f,1.jpg, f,2.jpg 2x">
<picture><source srcset="g.webp"><img srcset="h.jpg 690w,
 i.jpg 1380w, j.jpg 345w" src="k.jpg"></picture>
<img srcset="l.jpg 100w 130h, m.jpg 800w 1000h">
<noscript><img src="never.jpg"></noscript><template><img src="never.jpg"></template></div>
<p><img src="never.jpg"></p><a rel="next" href="page?no=5">more</a>"""


def test_addresses_are_read_as_browsers_read_them() -> None:
    with serve(draw, SHOWS, faults={detail(3): Fault(200, HTML, ADDRESSES)}) as served:
        site = replace(
            at(served),
            images="#strip img",
            attributes=("data-src", "srcset", "src"),
            title="meta[name=title]",
            next="a[rel=next]",
        )
        with browsing(find_browser(), site, 30.0, "me") as session:
            view = session.view(served.page_origin + detail(3))
        here = served.page_origin
    assert (view.title, view.next, view.previous) == ("Ep. 3 & 4", f"{here}/deep/page?no=5", None)
    assert view.addresses == (
        f"{here}/deep/a.jpg",
        f"{here}/b%20c.jpg?x=1&y=2",
        "http://127.0.0.1/d.jpg",
        f"{here}/deep/Who's.jpg",
        f"{here}/deep/f,2.jpg",
        f"{here}/deep/i.jpg",
        f"{here}/deep/m.jpg",
    )


SHY = b"""<!DOCTYPE html><h1>x</h1><div>%s</div><script>
const shows = new IntersectionObserver(entries => entries.forEach(({target, isIntersecting}) => {
  clearTimeout(target.shows);
  if (isIntersecting) target.shows = setTimeout(() => { target.dataset.src = target.id }, 400);
}));
document.querySelectorAll('img').forEach(image => shows.observe(image));</script>"""


def test_an_image_that_was_scrolled_past_too_fast_is_gone_back_to(tmp_path: Path) -> None:
    tall = b"".join(b'<img id="%d" style="display:block;height:5000px">' % number for number in range(4))
    with serve(draw, SHOWS, faults={detail(3): Fault(200, HTML, SHY % tall)}) as served:
        site = replace(at(served), images="img", attributes=("data-src",), title="h1", scroll=True)
        with browsing(find_browser(), site, 30.0, "me") as session:
            view = session.view(served.page_origin + detail(3))
        assert view.addresses == tuple(f"{served.page_origin}/webtoon/{number}" for number in range(4))


def shown(page: str, faults: Mapping[str, Fault] = MappingProxyType({}), **changes: object) -> View:
    """What a page of the viewer #strip shows; the addresses in it are written without their host."""
    usual = {"images": "img", "attributes": ("src",), "title": "h1"}
    body = f"<!DOCTYPE html><h1>x</h1><div id=strip></div>{page}".encode()
    with serve(draw, SHOWS, faults={detail(3): Fault(200, HTML, body), **faults}) as served:
        site = replace(at(served), **{**usual, **changes})  # type: ignore[arg-type]
        with browsing(find_browser(), site, 30.0, "me") as session:
            view = session.view(served.page_origin + detail(3))
        names = tuple(
            (address or "").replace(f"{served.page_origin}/webtoon/", "") for address in view.addresses
        )
    return replace(view, addresses=names)


# Each brings the images 0 to 3 in its own time.
VIEWERS = {
    "the next when the one before has arrived": """<script>
        const add = number => {
          const image = new Image();
          if (number < 3) image.onload = () => add(number + 1);
          image.src = number;
          strip.append(image);
        };
        add(0);</script>""",
    "a while after the page has loaded": """<script>
        onload = () => setTimeout(() => {
          strip.innerHTML = [0, 1, 2, 3].map(number => `<img src="${number}">`).join('');
        }, 500);
        strip.innerHTML = '<img src="0">';</script>""",
    "a while after an answer": """<script>
        strip.innerHTML = '<img src="0">';
        fetch('/webtoon/rest').then(() => setTimeout(() => {
          for (const number of [1, 2, 3]) strip.innerHTML += `<img src="${number}">`;
        }, 600));</script>""",
    "a while after the end of a box is in sight": """<style>
        #strip { height: 300px; overflow: auto } img { display: block; height: 400px }</style><script>
        let number = 0, waits;
        const add = () => {
          if (number > 3 || strip.scrollTop + strip.clientHeight < strip.scrollHeight - 2) return;
          const image = new Image();
          image.src = number++;
          strip.append(image);
        };
        add();
        strip.addEventListener('scroll', () => {
          clearTimeout(waits);
          waits = setTimeout(add, 400);
        });</script>""",
}


@pytest.mark.parametrize("kind", VIEWERS)
def test_images_that_come_late_or_one_by_one_are_waited_for(kind: str) -> None:
    assert shown(VIEWERS[kind], scroll=True).addresses == ("0", "1", "2", "3")


def test_a_viewer_that_keeps_only_what_is_in_sight_is_a_fault() -> None:
    view = shown(
        """<style>#strip { height: 30000px }</style><script>
        const show = () => { strip.innerHTML = `<img src="${Math.floor(scrollY / 3000)}">` };
        addEventListener('scroll', show);
        show();</script>""",
        scroll=True,
    )
    assert re.search("&no=3: [0-9]+ images left it again: a viewer that keeps only what is in ", view.fault)


ASKS = """<img src="0"><script>fetch('more')</script>"""


@pytest.mark.parametrize(("answer", "status"), [(Fault(503), 503), (Fault(429, {"Retry-After": "2"}), 429)])
def test_what_a_script_asked_for_in_vain_may_come_another_time(answer: Fault, status: int) -> None:
    view = shown(ASKS, {"/webtoon/more": answer})
    assert (view.status, view.pause_s) == (status, 2.0 if status == 429 else 0.0)
    assert f"/webtoon/more was answered {status}, so images may be missing: try again later" in view.fault
    assert shown(ASKS, {"/webtoon/more": answer}, drop=("/more",)).fault == ""


def test_a_script_that_is_cut_off_is_a_fault_that_may_pass() -> None:
    cut = Fault(200, {"Content-Length": "99"}, b"{")
    view = shown(ASKS, {"/webtoon/more": cut})
    assert (view.status, view.fault.partition("/webtoon/more")[2][:21]) == (0, " was not answered, so")
    assert shown("<img src=0><script src=more></script>", {"/webtoon/more": cut}).status == 0


def test_a_script_that_asks_again_itself_and_what_is_not_there_are_no_faults() -> None:
    asks_again = "<img src=0><script>fetch('more').then(() => fetch('more'))</script>"
    assert shown(asks_again, {"/webtoon/more": Fault(503, times=1)}).status == 200
    view = shown(ASKS, {"/webtoon/more": Fault(404)})
    assert (view.status, view.fault, view.failed[0][0]) == (200, "", 404)


def test_hosts_that_scripts_may_not_ask_are_told() -> None:
    page = "<script src='http://cdn.example/a.js'></script><script>fetch('http://api.example/b')</script>"
    view = shown(page)
    assert (view.status, view.fault, view.refused) == (200, "", ("api.example", "cdn.example"))
    with pytest.raises(
        CrawlError, match=r"^0 images .* changed; its scripts asked api\.example, cdn\.example, mis"
    ):
        pages_of(load_site("demo"), view, "http://127.0.0.1/x")


def test_one_address_of_many_pages_stands_in_for_them() -> None:
    site = load_site("demo")
    pages = ("http://127.0.0.1/1", "http://127.0.0.1/wait", "http://127.0.0.1/wait")
    assert pages_of(site, View(200, "", "x", pages), "") == pages
    with pytest.raises(
        CrawlError, match=r"^3 images of .* have the address http://127.0.0.1/wait: name a part"
    ):
        pages_of(site, View(200, "", "x", (*pages, pages[1])), "http://127.0.0.1/x")


@pytest.mark.parametrize("address", ["blob:http://127.0.0.1/5", "background-image:url('/1.jpg')"])
def test_pages_that_have_no_address_on_the_web_cannot_be_fetched(address: str) -> None:
    with pytest.raises(
        CrawlError, match=r"is no address on the web: .* \(blob:\) or its style holds cannot be"
    ):
        Door({"127.0.0.1"}, local=True).check(address)


def test_the_cookies_of_a_sites_file_open_what_they_are_for(tmp_path: Path) -> None:
    setup = Setup(markup="webtoons", banners=(), closed={1: "age"})
    with serve(draw, SHOWS, setup=setup) as served:
        site = replace(at(served, "webtoons"), scroll=False)
        crawl(served, tmp_path, "1", site)
    assert pages_in(tmp_path / "1.cbz") == drawn(1)


def test_every_passing_fault_is_healed_and_no_page_is_asked_for_without_need(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(draw, SHOWS, setup=Setup(trouble=True)) as served, caplog.at_level(logging.INFO):
        crawl(served, tmp_path, "1-6")
    assert {number: pages_in(tmp_path / f"{number}.cbz") for number in range(1, 7)} == {
        number: drawn(number) for number in range(1, 7)
    }
    addresses = [image(number, page) for number in range(1, 7) for page in range(3)]
    needed = {address: 1 + (passing_fault(address, b"x" * 20) is not None) for address in addresses}
    assert set(needed.values()) == {1, 2}
    counted = asked(served.log, images=True)
    assert {address: counted.count(address) for address in addresses} == needed
    assert served.most_connections <= QUICK.connections
    assert {request.user_agent for request in served.log} == {"toonseg/0.1.0 (+mail@example.org)"}
    logged = [record.message for record in caplog.records if record.name == "toonseg.crawl"]
    for request in served.log:
        assert any(request.address in line for line in logged), request.address


MANY = {"rain": Show("비", "", tuple("하나둘셋넷오육칠팔구"))}


def test_pages_broken_for_ever_are_told_each_with_its_episode_and_the_others_kept(tmp_path: Path) -> None:
    faults = {image(number, 1): FAULTS[name](drawn(number)[1]) for number, name in enumerate(FAULTS, 1)}
    with serve(draw, MANY, faults=faults) as served, pytest.raises(CrawlError) as failure:
        crawl(served, tmp_path, "1-9")
    first, *told = str(failure.value).splitlines()
    assert first.startswith("8 of 9 episodes of rain failed, the others are kept")
    for number, line in enumerate(told, 1):
        assert line.startswith(f"  {number}  ")
        assert image(number, 1) in line
        assert line.endswith(f"({QUICK.retries + 1} times)")
    assert sorted(files(tmp_path)) == ["9.cbz"]
    counted = asked(served.log, images=True)
    assert {counted.count(address) for address in faults} == {QUICK.retries + 1}


LEADS_ON = b"<script>setTimeout(() => location.replace('/webtoon/list?titleId=rain'), 100)</script>"
NO_EPISODE = (
    (
        Fault(302, {"Location": f"{FOREIGN}/x"}),
        "leads to http://elsewhere.example/x, which is not on an allowed",
    ),
    (Fault(302, {"Location": f"{FOREIGN}/login"}), "is shown to those who log in only"),
    (Fault(302, {"Location": detail(9)}), "&no=9: the episode is not shown to us"),
    (Fault(200, HTML, b"<script>alert('gone')</script>"), "&no=4: gone"),
    (Fault(200, HTML, LEADS_ON), "/webtoon/list?titleId=rain: the episode is not shown to us"),
    (Fault(403), "the site answered 403 to "),
    (Fault(429, {"Retry-After": "3600"}), "asks to come back in 3600 s, more than crawl.most_wait_s"),
    (Fault(200), "asks to come back in 3"),  # of the same host, so not asked for any more
)


def test_pages_that_are_not_the_episode_are_told_and_asked_for_once(tmp_path: Path) -> None:
    faults = {detail(number): fault for number, (fault, _) in enumerate(NO_EPISODE, 1)}
    with serve(draw, MANY, faults=faults) as served, pytest.raises(CrawlError) as failure:
        crawl(served, tmp_path, "1-8")
    told = str(failure.value).splitlines()[1:]
    for line, (_, sentence) in zip(told, NO_EPISODE, strict=True):
        assert sentence in line, line
    counted = asked(served.log, images=False)
    assert [counted.count(detail(number)) for number in range(1, 9)] == [1] * 7 + [0]
    assert files(tmp_path) == {}


def test_a_page_that_is_busy_is_asked_for_when_it_said(tmp_path: Path) -> None:
    faults = {detail(1): Fault(429, {"Retry-After": "2"}, times=1)}
    with serve(draw, SHOWS, faults=faults) as served:
        begun = time.monotonic()
        crawl(served, tmp_path, "1")
        assert time.monotonic() - begun >= 2
    assert asked(served.log, images=False).count(detail(1)) == 2


def test_nothing_is_asked_for_where_robots_txt_fails(tmp_path: Path) -> None:
    with (
        serve(draw, SHOWS, setup=Setup(robots_status=500)) as served,
        pytest.raises(CrawlError, match=r"robots\.txt cannot be had, which forbids all"),
    ):
        crawl(served, tmp_path, "1-3")
    assert set(asked(served.log, images=False)) == {"/robots.txt"}
    assert asked(served.log, images=True) == []


@pytest.mark.parametrize(("start", "direction", "order"), [(2, "forward", "2345"), (6, "backward", "65432")])
def test_from_a_start_address_the_links_are_followed(
    tmp_path: Path, start: int, direction: str, order: str
) -> None:
    setup = Setup(script_links=True, closed={4: "paid"})
    with serve(draw, SHOWS, setup=setup) as served:
        site = at(served)
        wanted = declared("2-3, 5", site.episode_address("rain", start), direction)
        assert crawl_series("rain", wanted, site, tmp_path, QUICK).fetched == 3
    assert [read_info(tmp_path / f"{number}.cbz")["title_id"] for number in (2, 3, 5)] == ["rain"] * 3
    assert asked(served.log, images=False)[1:] == [detail(int(number)) for number in order]


def test_what_does_not_lie_on_the_way_is_told(tmp_path: Path) -> None:
    with serve(draw, SHOWS) as served:
        site = at(served)
        wanted = declared("1, 5-6", site.episode_address("rain", 5))
        with pytest.raises(CrawlError, match=r"^1 of 3 .*\n  1  it does not lie forward of http"):
            crawl_series("rain", wanted, site, tmp_path, QUICK)
        assert sorted(files(tmp_path)) == ["5.cbz", "6.cbz"]
        with pytest.raises(ParamsError, match=r"^series rain: title is an address, .* no episode's page"):
            crawl_series("rain", declared("1", served.page_origin + "/x"), site, tmp_path, QUICK)


ODD = "../비 \"x\" 'y'/%2e"


def draw_odd(series: str, number: int) -> Episode:
    """Three pages of three formats, each named as another, an animation among them."""
    picture = np.full((20, 10, 3), number * 9, np.uint8)
    frames: Sequence[bytes] = [encode(picture, kind, 90) for kind in ("png", "webp")]
    gif = (
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
        + b"!\xf9\x04\x04\x0a\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00" * 2
        + b";"
    )
    return Episode((("a b'\"1.jpg", frames[0]), ("../2.gif", frames[1]), ("셋?#.webp", gif)))


def test_odd_names_and_formats_arrive_by_their_content(tmp_path: Path) -> None:
    shows = {ODD: Show("<비>", "", ("../하나", '둘"'))}
    with serve(draw_odd, shows) as served:
        crawl_series("rain", declared("1-2", ODD), at(served), tmp_path / "rain", QUICK)
    assert [path.name for path in tmp_path.iterdir()] == ["rain"]
    assert sorted(files(tmp_path / "rain")) == ["1.cbz", "2.cbz"]
    path = tmp_path / "rain" / "1.cbz"
    pages = read_pages(path, "rain")
    assert [(page.name, page.frames) for page in pages] == [("001.png", 1), ("002.webp", 1), ("003.gif", 2)]
    assert [read_page(path, page) for page in pages] == [data for _, data in draw_odd(ODD, 1).pages]
    assert (read_info(path)["title"], read_info(path)["title_id"]) == ("제1화 ../하나", ODD)


def test_no_page_is_ever_fetched_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, folder = Cache(tmp_path / "cache"), tmp_path / "rain"
    with serve(draw, SHOWS, faults={image(2, 1): Fault(404, times=1)}) as served:
        with pytest.raises(CrawlError, match="1 of 2 episodes"):
            crawl(served, folder, "1-2", cache=cache)
        crawl(served, folder, "1-2", cache=cache)
        whole = files(folder)
        counted = asked(served.log, images=True)
        again = image(2, 1)
        assert [counted.count(address) for address in (image(1), image(2), again)] == [1, 1, 2]

        for path in folder.iterdir():
            path.unlink()
        log = list(served.log)
        monkeypatch.setenv("TOONSEG_BROWSER", "no browser is looked for")
        assert crawl(served, folder, "1-2", cache=cache).fetched == 0
        assert (served.log, files(folder)) == (log, whole)
