"""Web sites as data: one YAML file a site, here in ``sites`` or in the project's own folder ``sites``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import AfterValidator, BeforeValidator, Strict

from toonseg.crawl.hosts import is_this_machine
from toonseg.errors import ParamsError
from toonseg.params import check_params, read_yaml

SITES = Path(__file__).parent / "sites"
OWN_SITES = Path("sites")
FOLDER = "folder"  # the site of those who have their pages already

Closed = Literal["login", "paid", "age", "withdrawn", "sideways"]
_ADDRESS = "address:"  # begins a marker that is looked for in the address instead of the page
# A number may be padded with zeros; {*} is what a site adds to the path.
_HOLE = re.compile(r"\{(?:(?P<title>title)|(?P<episode>episode)(?::0[1-9]d)?|\*)\}")
_GROUPS = {"title": ".+?", "episode": "[0-9]{1,9}(?![0-9])"}


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or text != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError("must be a scheme and a host, such as https://comic.example")
    return text


def _template(text: str) -> str:
    numbered = any(hole["episode"] for hole in _HOLE.finditer(text))
    if not (text.startswith("/") and numbered) or re.search("[{}]", _HOLE.sub("", text)):
        raise ValueError(
            "must be a path with {episode} ({episode:03d} where it is padded), and {title} where needed"
        )
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", text):
        raise ValueError("must be a host's name in small letters, such as images.comic.example")
    return text


def _cookie(text: str) -> str:
    if not re.fullmatch(r"[!#-+\--:<-\[\]-~]+", text):
        raise ValueError("must be of a cookie's letters: visible ASCII without spaces, commas, ; or quotes")
    return text


def _list(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list")
    return value


_List = (Strict(False), BeforeValidator(_list))  # YAML has lists, no tuples
_Text = Annotated[str, MinLen(1)]
_Texts = Annotated[tuple[_Text, ...], *_List]
_Cookie = Annotated[str, AfterValidator(_cookie)]
_Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], *_List]


@dataclass(frozen=True)
class Site:
    """Where a site keeps its episodes, and how its pages are read; docs/sites.md explains each field."""

    origin: Annotated[str, AfterValidator(_origin)]
    page: Annotated[str, AfterValidator(_template)]
    images: _Text
    attributes: Annotated[_Texts, MinLen(1)]
    placeholders: _Texts
    drop: _Texts
    title: _Text
    previous: _Text
    next: _Text
    markers: Mapping[Closed, _Texts]
    hosts: _Hosts
    referer: Literal["origin", "page", "none"]
    cookies: Mapping[_Cookie, _Cookie]
    least_pages: Annotated[int, Ge(1)]
    scroll: bool
    patience_s: Annotated[float, Gt(0), Le(600)]

    @property
    def host(self) -> str:
        """Name of the host of the pages."""
        return urlsplit(self.origin).hostname or ""

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Names of the hosts that may be talked to."""
        return frozenset({self.host, *self.hosts})

    @property
    def is_local(self) -> bool:
        """Whether all of the site is on this machine."""
        return all(map(is_this_machine, self.allowed_hosts))

    def selectors(self) -> dict[str, str]:
        """Every CSS selector of the file by its key."""
        fixed = {"images": self.images, "title": self.title, "previous": self.previous, "next": self.next}
        marks = {
            f"markers.{kind}[{index}]": mark
            for kind, marks in self.markers.items()
            for index, mark in enumerate(marks)
            if not mark.startswith(_ADDRESS)
        }
        return fixed | marks

    def episode_address(self, title: str, episode: int) -> str:
        """Address of the page that shows an episode of the series ``title``."""
        path, mark, query = self.page.partition("?")
        path, query = _put(path, quote(title, safe="/"), episode), _put(query, quote(title, safe=""), episode)
        return f"{self.origin}{path}{mark}{query}"

    def address_beside(self, address: str, episode: int) -> str:
        """Address of another episode of the series that ``address`` is of.

        All but the number stays as it is there: sites have kinds of series at paths of their own. Where the
        path holds the number, the template makes it. ValueError for no episode's page.
        """
        place = self.episode_at(address)
        if place is None:
            raise ValueError(f"{address} is no episode's page")
        numbered = {
            key: text for key, text in _query(urlsplit(self.page).query).items() if "{episode" in text
        }
        if not numbered:
            return self.episode_address(place[0], episode)
        given = urlsplit(address)
        values = [
            f"{key}={_put(numbered[key], quote(place[0], safe=''), episode)}"
            if key in numbered
            else f"{key}{equals}{value}"
            for key, equals, value in (part.partition("=") for part in given.query.split("&"))
        ]
        return urlunsplit(given._replace(query="&".join(values), fragment=""))

    def episode_at(self, address: str) -> tuple[str, int] | None:
        """The title's id (empty where the template has none) and episode number that an address names.

        Only what the template asks for is compared, and the path's last word, so what a site adds does no
        harm; None for an address that is no episode's page.
        """
        wanted, given = urlsplit(self.origin + self.page), urlsplit(address)
        if (given.scheme, given.netloc) != (wanted.scheme, wanted.netloc):
            return None
        values = _query(given.query)
        parts = [(text, values.get(key, "")) for key, text in _query(wanted.query).items() if "{" in text]
        if "{" in wanted.path:
            parts.append((wanted.path, given.path))
        else:
            parts.append((wanted.path.rpartition("/")[2], given.path.rpartition("/")[2]))
        found: dict[str, str] = {}
        if not all(_fill(template, text, found) for template, text in parts):
            return None
        return (unquote(found.get("title", "")), int(found["episode"])) if "episode" in found else None

    def closed_by_address(self, address: str) -> Closed | None:
        """The marker that an address fits, such as that of a page to log in."""
        for kind, marks in self.markers.items():
            for mark in marks:
                if mark.startswith(_ADDRESS) and mark.removeprefix(_ADDRESS) in address:
                    return kind
        return None

    def pages_among(self, addresses: tuple[str, ...]) -> tuple[str, ...]:
        """The addresses of pages: without advertisements and banners."""
        return tuple(address for address in addresses if not self.drops(address))

    def drops(self, address: str) -> bool:
        """Whether an image's address is that of an advertisement or a banner."""
        return any(part in address for part in self.drop)

    def referer_of(self, page_address: str) -> dict[str, str]:
        """The header with which an episode's images are asked for."""
        shown = {"origin": urljoin(self.origin, "/"), "page": page_address, "none": ""}[self.referer]
        return {"Referer": shown} if shown else {}


def known_sites() -> tuple[str, ...]:
    """Names of the sites that have a file, the project's own included."""
    return tuple(sorted({path.stem for folder in (SITES, OWN_SITES) for path in folder.glob("*.yaml")}))


def load_site(name: str) -> Site:
    """Read the file of a site: one of ``known_sites`` by its name, or any ``*.yaml`` by its path.

    The project's own folder goes first. Raises ParamsError when there is none, naming those there are,
    or when a key of it is wrong.
    """
    if name.endswith((".yaml", ".yml")):
        return read_site(Path(name))
    if name not in known_sites():
        raise ParamsError(f"the site {name!r} is unknown: there is {', '.join((*known_sites(), FOLDER))}")
    own = OWN_SITES / f"{name}.yaml"
    return read_site(own if own.exists() else SITES / f"{name}.yaml")


def read_site(path: Path) -> Site:
    """Read a site's file. Raises ParamsError that names the file and the key."""
    return check_params(read_yaml(path), Site, f"site file {path.name}")


def _query(text: str) -> dict[str, str]:
    """Names and values of an address's query, quoted as they are."""
    return dict(part.partition("=")[::2] for part in text.split("&"))


def _put(template: str, title: str, episode: int) -> str:
    """Fill the holes of a template; what a site adds is left out."""
    return template.replace("{*}", "").format(title=title, episode=episode)


def _fill(template: str, text: str, found: dict[str, str]) -> bool:
    """Read the holes of a template from ``text`` into ``found``; whether it fits and agrees."""
    pattern, end = "", 0
    for hole in _HOLE.finditer(template):
        pattern += re.escape(template[end : hole.start()]) + _group(hole.lastgroup, pattern)
        end = hole.end()
    match = re.fullmatch(pattern + re.escape(template[end:]), text)
    read = match.groupdict() if match else {}
    agrees = all(found.setdefault(name, value) == value for name, value in read.items())
    return match is not None and agrees


def _group(name: str | None, before: str) -> str:
    """The pattern of a hole. Where one stands twice it holds the same, but for a number's zeros."""
    if name is None:
        return ".*"
    zeros = "0*" if name == "episode" else ""
    return zeros + (f"(?P={name})" if f"(?P<{name}>" in before else f"(?P<{name}>{_GROUPS[name]})")
