"""The demo site's pages as HTML: the markup of a real site's viewer, and a home page to enjoy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

ROBOTS = "User-agent: *\nDisallow: /members/\n"


@dataclass(frozen=True)
class Show:
    """A series as its site presents it: printed name, a line under it, its episodes' titles in order."""

    name: str
    line: str
    titles: tuple[str, ...]

    def heading(self, number: int) -> str:
        """The printed title of an episode, numbered from 1."""
        return f"제{number}화 {self.titles[number - 1]}"


_STYLE = (Path(__file__).parent / "site.css").read_text(encoding="utf-8")


def home(shows: Mapping[str, Show], image_origin: str) -> str:
    """The page with a cover for every series."""
    cards = "".join(
        f'<a class="card" href="/webtoon/list?titleId={quote(name)}">'
        f'<img src="{image_origin}/cover/{quote(name)}" alt="">'
        f"<div><strong>{escape(show.name)}</strong><span>{escape(show.line)} · "
        f"{len(show.titles)}화</span></div></a>"
        for name, show in shows.items()
    )
    body = (
        '<main><h1>오늘의 웹툰</h1><p class="lead">Webtoons of our own, drawn by a program: '
        f'every figure’s mask is known.</p><div class="shelf">{cards}</div></main>'
    )
    return page("toonseg comics", "", body)


def listing(name: str, show: Show) -> str:
    """The page that lists a series' episodes, the newest first, as readers know it."""
    rows = "".join(
        f'<li><a href="{_detail(name, number)}"><i>{number}</i>{escape(show.heading(number))}</a></li>'
        for number in range(len(show.titles), 0, -1)
    )
    body = (
        f'<main><h1>{escape(show.name)}</h1><p class="lead">{escape(show.line)}</p>'
        f'<ul class="episodes">{rows}</ul></main>'
    )
    return page(show.name, show.name, body)


def detail(name: str, show: Show, number: int, images: Sequence[str]) -> str:
    """The viewer of an episode; the last of ``images`` may be an advertisement, as on real sites."""
    strip = "".join(
        f'<img id="content_image_{index}" src="{escape(address)}" alt="comic content">'
        for index, address in enumerate(images)
    )
    back = (
        f'<a class="prev" rel="prev" href="{_detail(name, number - 1)}">← 이전화</a>'
        if number > 1
        else "<i></i>"
    )
    on = (
        f'<a class="next" rel="next" href="{_detail(name, number + 1)}">다음화 →</a>'
        if number < len(show.titles)
        else "<i></i>"
    )
    body = (
        f'<main class="viewer"><div class="head"><a href="/webtoon/list?titleId={quote(name)}">'
        f'{escape(show.name)}</a><h1 id="subTitle_toolbar">{escape(show.heading(number))}</h1></div>'
        f'<div id="sectionContWide" class="wt_viewer">{strip}</div><div class="turn">{back}{on}</div></main>'
    )
    return page(f"{show.heading(number)} :: {show.name}", show.name, body)


def not_found() -> str:
    """The page for an address that there is not."""
    return page(
        "404", "", '<main><h1>없는 페이지입니다</h1><p class="lead">There is no such page.</p></main>'
    )


def _detail(name: str, number: int) -> str:
    return f"/webtoon/detail?titleId={quote(name)}&amp;no={number}"


def page(title: str, where: str, body: str) -> str:
    """A page of the site around ``body``; ``where`` stands in its head."""
    return (
        f'<!DOCTYPE html>\n<html lang="ko"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{_STYLE}</style></head><body>'
        '<header><nav><a class="logo" href="/">toon<b>seg</b> comics</a>'
        f'<span class="where">{escape(where)}</span></nav></header>{body}'
        "<footer>Served on this machine by toonseg.</footer></body></html>\n"
    )
