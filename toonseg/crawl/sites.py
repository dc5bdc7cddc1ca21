"""Web sites as data: one YAML file a site, in the folder ``sites`` beside this module."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from annotated_types import Ge, MinLen
from pydantic import AfterValidator, Strict

from toonseg.errors import ParamsError
from toonseg.params import check_params, read_yaml

SITES = Path(__file__).parent / "sites"


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
    try:
        told_apart = text.format(title="", episode=1) != text.format(title="", episode=2)
    except (KeyError, IndexError, ValueError):
        told_apart = False
    if not (text.startswith("/") and told_apart):
        raise ValueError("must be a path with {episode}, and {title} where it is needed")
    return text


_Text = Annotated[str, MinLen(1)]
_Texts = Annotated[tuple[_Text, ...], Strict(False)]  # YAML has lists


@dataclass(frozen=True)
class Site:
    """Where a site keeps its episodes, and how its pages are read; sites/demo.yaml explains each field."""

    origin: Annotated[str, AfterValidator(_origin)]
    page: Annotated[str, AfterValidator(_template)]
    images: _Text
    attributes: Annotated[_Texts, MinLen(1)]
    drop: _Texts
    title: _Text
    hosts: _Texts
    least_pages: Annotated[int, Ge(1)]

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Names of the hosts that may be talked to."""
        return frozenset({urlsplit(self.origin).hostname or "", *self.hosts})

    def episode_address(self, title: str, episode: int) -> str:
        """Address of the page that shows an episode of the series ``title``."""
        return self.origin + self.page.format(title=quote(title, safe=""), episode=episode)

    def pages_among(self, addresses: tuple[str, ...]) -> tuple[str, ...]:
        """The addresses of pages: without advertisements and banners."""
        return tuple(address for address in addresses if not any(part in address for part in self.drop))


def known_sites() -> tuple[str, ...]:
    """Names of the sites that have a file."""
    return tuple(sorted(path.stem for path in SITES.glob("*.yaml")))


def load_site(name: str) -> Site:
    """Read the file of the site ``name``.

    Raises ParamsError when there is none, naming those there are, or when a key of it is wrong.
    """
    if name not in known_sites():
        raise ParamsError(f"the site {name!r} is unknown: there is {', '.join(known_sites())}")
    path = SITES / f"{name}.yaml"
    return check_params(read_yaml(path), Site, f"site file {path.name}")
