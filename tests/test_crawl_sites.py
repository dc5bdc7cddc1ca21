"""Sites as data: what their files say, and what they may not say."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from crawling import QUICK

from toonseg.crawl.manners import require_permission
from toonseg.crawl.series import crawl_series
from toonseg.crawl.sites import SITES, Site, known_sites, load_site
from toonseg.errors import ParamsError
from toonseg.params import check_params, read_yaml
from toonseg.series import SeriesParams

# --- Sites as data ------------------------------------------------------------------------------


def site_file(**changes: object) -> Site:
    return check_params({**read_yaml(SITES / "demo.yaml"), **changes}, Site, "site file x.yaml")


def test_the_demo_site_is_read_from_its_file() -> None:
    site = load_site("demo")
    assert site.episode_address("after-class", 3) == (
        "http://127.0.0.1/webtoon/detail?titleId=after-class&no=3"
    )
    assert site.allowed_hosts == {"127.0.0.1"}
    assert site.pages_among(("http://a/1.jpg", "http://a/static/ads.png")) == ("http://a/1.jpg",)


def test_a_title_of_any_script_is_quoted_in_the_address() -> None:
    assert site_file().episode_address("비/&?", 1).endswith("titleId=%EB%B9%84%2F%26%3F&no=1")


def test_an_unknown_site_is_told_with_those_there_are() -> None:
    with pytest.raises(
        ParamsError,
        match=r"^the site 'never' is unknown: there is demo, naver, naver2021, webtoons, folder$",
    ):
        load_site("never")
    with pytest.raises(ParamsError, match="is unknown"):
        load_site("../sites/demo")


def test_a_site_is_a_file_in_the_folder_sites_or_wherever_its_path_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (SITES / "demo.yaml").read_text(encoding="utf-8")
    for name in ("sites/mine.yaml", "sites/naver.yaml", "else/where.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace("least_pages: 1", "least_pages: 7"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert {load_site(name).least_pages for name in ("mine", "naver", "else/where.yaml")} == {7}
    assert load_site("demo").least_pages == 1
    with pytest.raises(ParamsError, match=r"^gone\.yaml does not exist"):
        load_site("gone.yaml")


@pytest.mark.parametrize("name", known_sites())
def test_every_site_reads_back_the_addresses_that_it_makes(name: str) -> None:
    site = load_site(name)
    address = site.episode_address("비/&?", 384)
    assert site.episode_at(address) == ("비/&?", 384)
    assert site.episode_at(address + "&weekday=sat") == ("비/&?", 384)
    assert site.episode_at(address.replace("384", "new")) is None
    assert site.episode_at(address.replace(site.host, "elsewhere.example")) is None


def test_words_that_a_site_adds_to_an_address_do_no_harm() -> None:
    webtoons = load_site("webtoons")
    address = "https://www.webtoons.com/en/drama/some-title/ep-3/viewer?title_no=95&episode_no=3"
    assert webtoons.episode_at(address) == ("95", 3)
    assert webtoons.episode_at(address.split("&", maxsplit=1)[0]) is None


@pytest.mark.parametrize(
    ("name", "address", "beside"),
    [
        (
            "naver",
            "https://comic.naver.com/bestChallenge/detail?titleId=7&no=3&week=fri#top",
            "https://comic.naver.com/bestChallenge/detail?titleId=7&no=12&week=fri",
        ),
        (
            "webtoons",
            "https://www.webtoons.com/en/canvas/a/b/viewer?title_no=7&episode_no=3",
            "https://www.webtoons.com/en/canvas/a/b/viewer?title_no=7&episode_no=12",
        ),
    ],
)
def test_the_address_of_a_neighbour_keeps_the_path_of_its_kind_of_series(
    name: str, address: str, beside: str
) -> None:
    assert load_site(name).address_beside(address, 12) == beside


def test_a_neighbours_number_in_the_path_is_put_in_by_the_template() -> None:
    site = site_file(page="/{title}/ep-{episode}.html")
    beside = site.address_beside("http://127.0.0.1/r%20n/ep-3.html?from=list", 4)
    assert beside == "http://127.0.0.1/r%20n/ep-4.html"


def test_a_template_may_hold_title_and_episode_in_its_path() -> None:
    site = site_file(page="/{title}/ep-{episode}.html")
    assert site.episode_at("http://127.0.0.1/rain/ep-12.html?from=list") == ("rain", 12)
    assert site.episode_at("http://127.0.0.1/rain/12") is None


def test_a_number_may_be_padded_with_zeros() -> None:
    site = site_file(page="/{title}/ep-{episode:03d}?ep={episode:04d}")
    assert site.episode_address("rain", 7) == "http://127.0.0.1/rain/ep-007?ep=0007"
    for number in (0, 7, 1234):
        assert site.episode_at(site.episode_address("rain", number)) == ("rain", number)
    assert site.episode_at("http://127.0.0.1/rain/ep-007?ep=0008") is None
    assert site.address_beside("http://127.0.0.1/rain/ep-009?ep=0009", 10).endswith("?ep=0010")


def test_a_hole_may_stand_twice_and_holds_the_same_there() -> None:
    site = site_file(page="/{title}/{title}-{episode:02d}")
    assert site.episode_at(site.episode_address("a/b", 7)) == ("a/b", 7)
    assert site.episode_at("http://127.0.0.1/rain/snow-07") is None


def test_a_title_in_the_path_keeps_its_slashes() -> None:
    site = site_file(page="/{title}/{episode}?of={title}")
    address = site.episode_address("fantasy/my comic", 3)
    assert address == "http://127.0.0.1/fantasy/my%20comic/3?of=fantasy%2Fmy%20comic"


@pytest.mark.parametrize(
    ("path", "place"),
    [("12", ("rain", 12)), ("12/10-days", ("rain", 12)), ("12-a/b", ("rain", 12)), ("new/12a", None)],
)
def test_what_a_site_adds_to_the_path_is_read_over(path: str, place: tuple[str, int] | None) -> None:
    site = site_file(page="/comic/{title}/{episode}{*}")
    assert site.episode_address("rain", 12) == "http://127.0.0.1/comic/rain/12"
    found = site.episode_at(f"http://127.0.0.1/comic/rain/{path}")
    assert found == place or (place is None and found != ("rain", 12))
    assert site.address_beside("http://127.0.0.1/comic/rain/3/words", 4).endswith("/rain/4")


def test_only_a_site_all_of_which_is_here_is_local() -> None:
    assert load_site("demo").is_local
    assert not site_file(hosts=["127.0.0.1", "images.example"]).is_local
    assert not load_site("naver").is_local


def test_a_site_on_the_internet_wants_permission_and_a_contact() -> None:
    naver = load_site("naver")
    with pytest.raises(ParamsError, match=r"set crawl\.i_have_permission: true in params\.yaml$"):
        require_permission(naver, QUICK)
    with pytest.raises(ParamsError, match=r"must be able to tell who comes: set crawl\.contact"):
        require_permission(naver, replace(QUICK, i_have_permission=True, contact=""))
    require_permission(naver, replace(QUICK, i_have_permission=True))
    require_permission(load_site("demo"), replace(QUICK, contact=""))


@pytest.mark.parametrize(
    ("contact", "sentence"),
    [
        ("", r"^comic\.naver\.com is somebody else's"),
        ("me", r"^series rain: contact must be a mail or web address, got 'me'$"),
        ("me@example.org\nX: y", r"^series rain: contact must be a mail or web address"),
    ],
)
def test_a_series_that_may_not_be_fetched_leaves_nothing(tmp_path: Path, contact: str, sentence: str) -> None:
    wanted = SeriesParams("naver", "748105", "1", contact=contact)
    with pytest.raises(ParamsError, match=sentence):
        crawl_series("rain", wanted, load_site("naver"), tmp_path / "rain", QUICK)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("referer", "headers"),
    [
        ("origin", {"Referer": "http://127.0.0.1/"}),
        ("page", {"Referer": "http://127.0.0.1/a?b"}),
        ("none", {}),
    ],
)
def test_the_referer_is_what_the_site_wants(referer: str, headers: dict[str, str]) -> None:
    assert site_file(referer=referer).referer_of("http://127.0.0.1/a?b") == headers


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"origin": "comic.example"}, "origin must be a scheme and a host"),
        ({"origin": "https://comic.example/"}, "origin must be a scheme and a host"),
        ({"page": "/detail?no=3"}, "page must be a path with {episode}"),
        ({"page": "/detail?no={number}"}, "page must be a path with {episode}"),
        ({"page": "/detail?no={"}, "page must be a path with {episode}"),
        ({"page": "/detail?no={episode:x}"}, "page must be a path with {episode}"),
        ({"images": ""}, "images "),
        ({"attributes": []}, "attributes "),
        ({"attributes": "src"}, "attributes must be a list, got 'src'"),
        ({"hosts": "a.example"}, "hosts must be a list, got 'a.example'"),
        ({"least_pages": 0}, "least_pages must be at least 1, got 0"),
        ({"selector": "img"}, "unknown key selector"),
        ({"hosts": ["http://a.example"]}, "hosts.0 must be a host's name"),
        ({"hosts": ["a.example:81"]}, "hosts.0 must be a host's name"),
        ({"referer": "always"}, "referer should be 'origin', 'page' or 'none'"),
        ({"cookies": {"a": "b; c"}}, "cookies.a must be of a cookie's letters"),
        ({"markers": {"sold": [".sold"]}}, "markers.sold.* should be 'login', 'paid'"),
        ({"scroll": "yes"}, "scroll should be a valid boolean"),
        ({"patience_s": 0}, "patience_s must be greater than 0"),
        ({"patience_s": math.inf}, "patience_s must be at most 600.0, got inf"),
    ],
)
def test_a_wrong_site_file_is_told_with_its_key(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParamsError, match=f"^site file x.yaml: {sentence}"):
        site_file(**changes)
