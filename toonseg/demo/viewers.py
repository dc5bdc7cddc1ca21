"""Viewers as real sites write them: markup of four sites, and what each does with what it hides.

Only what a crawler goes by is that of the site: addresses, ids, classes, attributes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal, cast, get_args
from urllib.parse import quote

from toonseg.demo.markup import ROBOTS, Show, detail, page
from toonseg.errors import ToonsegError

MarkupName = Literal["demo", "naver", "naver2021", "webtoons"]
Lazy = Literal["no", "script", "scroll", "answer"]
Closed = Literal["login", "paid", "age", "withdrawn", "sideways"]
MARKUPS, LAZY, CLOSED = get_args(MarkupName), get_args(Lazy), get_args(Closed)
FOREIGN = "http://elsewhere.example"
SLOW_ANSWER, SLOW_S = "/webtoon/rest", 0.7  # where a viewer's script asks for more images, and for how long


@dataclass(frozen=True)
class Setup:
    """What can be switched of the demo's site.

    ``lazy`` tells how images come by their addresses, ``answer`` that a script asks the site for the second
    half of them; ``script_links`` that a script builds the links to the
    neighbours; ``banners`` which advertisements stand among the images; ``closed`` which episodes are not
    open to us, and why; ``robots`` and ``robots_status`` how both origins answer for robots.txt;
    ``latency_s`` how long each connection and answer waits; ``trouble`` that every second image meets a
    passing fault.
    """

    markup: MarkupName = "demo"
    lazy: Lazy = "no"
    script_links: bool = False
    banners: tuple[str, ...] = ("/static/txt_ads.png",)
    closed: Mapping[int, Closed] = field(default_factory=dict)
    robots: str = ROBOTS
    robots_status: int = 200
    latency_s: float = 0.0
    trouble: bool = False


@dataclass(frozen=True)
class Markup:
    """A site's way to write.

    ``path`` is an episode's, ``viewer`` its page with heading, strip and links, ``image`` one of the strip,
    with the attribute ``at`` that holds its address. ``before`` and ``after`` are the links. A closed
    episode shows one of the ``signs``, or leads to an address.
    """

    path: str
    viewer: str
    image: str
    attribute: str
    before: str
    after: str
    signs: Mapping[Closed, str]


_VIEWERS: Mapping[MarkupName, Markup] = {
    "demo": Markup(
        path="/webtoon/detail?titleId={title}&no={number}",
        viewer='<h1 id="subTitle_toolbar">{heading}</h1><div id="sectionContWide">{strip}</div>{links}',
        image='<img id="content_image_{index}" alt="comic content" {at}="{address}">',
        attribute="src",
        before='<a class="prev" href="{address}">◀</a>',
        after='<a class="next" href="{address}">▶</a>',
        signs={
            "login": "/login",
            "paid": '<div class="paid_episode">쿠키 3개</div>',
            "age": '<div class="age_confirm">19</div>',
            "withdrawn": '<div class="withdrawn">삭제된 회차입니다</div>',
            "sideways": '<div class="swiper_viewer"></div>',
        },
    ),
    "naver": Markup(
        path="/webtoon/detail?titleId={title}&no={number}",
        viewer='<div id="toolbar"><span id="subTitle_toolbar">{heading}</span>{links}</div>'
        '<div id="sectionContWide" class="wt_viewer">{strip}</div>',
        image='<img {at}="{address}" title="" alt="comic content" id="content_image_{index}">',
        attribute="src",
        before='<a class="link_prev" href="{address}">◀</a>',
        after='<a class="link_next" href="{address}">▶</a>',
        signs={
            "login": f"{FOREIGN}/nidlogin.login?mode=form",
            "paid": '<div class="charge_viewer_wrap">쿠키로 감상</div>',
            "age": f"{FOREIGN}/adultcheck",
            "withdrawn": "/webtoon/list?titleId={title}",
            "sideways": '<div class="cuttoon_viewer"></div>',
        },
    ),
    "naver2021": Markup(
        path="/webtoon/detail.nhn?titleId={title}&no={number}&weekday=sat",
        viewer='<div class="tit_area"><div class="view"><h3>{heading}</h3></div></div>'
        '<div class="wt_viewer">{strip}</div>{links}',
        image='<img {at}="{address}" id="content_image_{index}">',
        attribute="src",
        before='<span class="pre"><a href="{address}">◀</a></span>',
        after='<span class="next"><a href="{address}">▶</a></span>',
        signs={
            "login": f"{FOREIGN}/nidlogin.login",
            "paid": '<div class="buy_area"></div>',
            "age": f"{FOREIGN}/adultcheck.nhn",
            "withdrawn": '<div id="errorSection"></div>',
            "sideways": '<div class="cuttoon_viewer"></div>',
        },
    ),
    "webtoons": Markup(
        path="/en/demo/{title}/ep-{number}/viewer?title_no={title}&episode_no={number}",
        viewer='<h1 class="subj_episode" title="">{heading}</h1>{links}<div id="_imageList">{strip}</div>',
        image='<img src="/static/bg_transparency.png" class="_images" {at}="{address}" rel="nofollow">',
        attribute="data-url",
        before='<a class="pg_prev _prevEpisode" href="{address}">◀</a>',
        after='<a class="pg_next _nextEpisode" href="{address}">▶</a>',
        signs={
            "login": "/member/login",
            "paid": '<div class="fast_pass_area"></div>',
            "age": "/en/gdpr/ageGate",
            "withdrawn": "/notfound",
            "sideways": '<div class="viewer_horizontal"></div>',
        },
    ),
}

_ON_SCROLL = """
const observer = new IntersectionObserver(entries => entries.forEach(entry => {
  if (entry.isIntersecting) entry.target.setAttribute(AT, entry.target.dataset.later);
}));
document.querySelectorAll('img[data-later]').forEach(image => observer.observe(image));
"""
_BY_ANSWER = """
const rest = [...document.querySelectorAll('img[data-later]')];
rest.forEach(image => image.setAttribute(AT, image.dataset.later));
const late = rest.slice(rest.length / 2);
const whole = late[0].parentNode;
late.forEach(image => image.remove());
fetch('SLOW').then(answer => answer.text()).then(() => whole.append(...late));
"""
_BY_SCRIPT = """
const later = [...document.querySelectorAll('img[data-later]')];
const strip = later.length ? later[0].parentNode : null;
later.forEach(image => image.remove());
later.forEach((image, index) => setTimeout(() => {
  image.setAttribute(AT, image.dataset.later); strip.append(image);
}, index < later.length / 2 ? 100 : 250));
"""

_SCRIPTS: Mapping[Lazy, str] = {
    "scroll": _ON_SCROLL,
    "script": _BY_SCRIPT,
    "answer": _BY_ANSWER.replace("SLOW", SLOW_ANSWER),
}


def read_setup(markup: str, lazy: str, closed: str, script_links: bool, trouble: bool) -> Setup:
    """The setup that words name; ``closed`` is a list such as ``3=paid,4=login``.

    Raises ToonsegError that says which words there are.
    """
    for word, known in ((markup, MARKUPS), (lazy, LAZY)):
        if word not in known:
            raise ToonsegError(f"{word!r} is unknown to the demo's site: choose {', '.join(known)}")
    kinds = dict(part.strip().partition("=")[::2] for part in closed.split(",") if part.strip())
    for number, kind in kinds.items():
        if not number.isdecimal() or kind not in CLOSED:
            raise ToonsegError(f"{number}={kind} closes no episode: write 3=paid, of {', '.join(CLOSED)}")
    return Setup(
        markup=cast(MarkupName, markup),
        lazy=cast(Lazy, lazy),
        closed={int(number): cast(Closed, kind) for number, kind in kinds.items()},
        script_links=script_links,
        trouble=trouble,
    )


def episode_path(setup: Setup, title: str, number: int) -> str:
    """Path and query of an episode's page."""
    return _VIEWERS[setup.markup].path.format(title=quote(title, safe=""), number=number)


def viewer(setup: Setup, title: str, show: Show, number: int, images: Sequence[str]) -> str:
    """The page that shows an episode's images, with links to its neighbours."""
    if (setup.markup, setup.lazy, setup.script_links) == ("demo", "no", False):
        return detail(title, show, number, images)
    markup = _VIEWERS[setup.markup]
    lazy = setup.lazy != "no"
    at = 'style="display:block;width:690px;height:1200px" data-later' if lazy else markup.attribute
    strip = "".join(
        markup.image.format(index=index, at=at, address=escape(address))
        for index, address in enumerate(images)
    )
    body = markup.viewer.format(
        heading=escape(show.heading(number)), strip=strip, links=_links(setup, title, show, number)
    )
    if lazy:
        script = _SCRIPTS[setup.lazy]
        body += f"<script>const AT = {json.dumps(markup.attribute)};{script}</script>"
    return page(show.name, show.name, f"<main>{body}</main>")


def closed_page(setup: Setup, title: str, number: int) -> tuple[str, str]:
    """The page of an episode that is closed, and the address that it leads to; one of them is empty."""
    sign = _VIEWERS[setup.markup].signs[setup.closed[number]]
    if sign.startswith("<"):
        return page("", "", f"<main>{sign}</main>"), ""
    return "", sign.format(title=quote(title, safe=""))


def gate_page() -> str:
    """The page on which readers log in, or tell their age."""
    return page("", "", '<main><form id="login"></form></main>')


def is_gate(path: str) -> bool:
    """Whether a path is that of such a page."""
    return path in ("/login", "/member/login", "/en/gdpr/ageGate")


def _links(setup: Setup, title: str, show: Show, number: int) -> str:
    markup = _VIEWERS[setup.markup]
    links = "".join(
        link.format(address=escape(episode_path(setup, title, neighbour)))
        for neighbour, link in ((number - 1, markup.before), (number + 1, markup.after))
        if 1 <= neighbour <= len(show.titles)
    )
    if setup.script_links:
        return f'<div id="turn"></div><script>turn.innerHTML = {json.dumps(links)}</script>'
    return links
