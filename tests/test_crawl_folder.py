"""Imports: a folder, ZIP or CBZ an episode; what would do harm is refused and nothing of it kept."""

import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from crawling import files
from tiny_webtoon import draw

from toonseg.archive import read_info, read_page, read_pages
from toonseg.crawl.folder import import_series
from toonseg.crawl.series import alone
from toonseg.errors import CrawlError
from toonseg.series import SeriesParams

PAGES = [data for _, data in draw("rain", 1).pages]
NAMES = ["p2.jpg", "p10.jpg", "p9.jpg"]  # their natural order is 2, 9, 10
ORDERED = [PAGES[0], PAGES[2], PAGES[1]]


def bring(source: Path, folder: Path, episodes: str) -> int:
    return import_series("mine", SeriesParams("folder", str(source), episodes), folder).fetched


def zipped(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three episodes: a folder, a ZIP with a folder in it, a CBZ; litter in each."""
    folder = tmp_path / "mine"
    (folder / "1").mkdir(parents=True)
    entries = dict(zip(NAMES, PAGES, strict=True))
    for name, data in {**entries, ".DS_Store": b"x", "Thumbs.db": b"x", "info.txt": b"x"}.items():
        (folder / "1" / name).write_bytes(data)
    litter = {"__MACOSX/._p2.jpg": b"x", "ComicInfo.xml": b"<x/>"}
    zipped(folder / "002.zip", {f"제2화/{name}": data for name, data in entries.items()} | litter)
    zipped(folder / "3.CBZ", entries)
    (folder / "readme.md").write_text("not an episode")
    return folder


def test_each_kind_of_episode_is_taken_in_natural_order(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert bring(source, out, "1-3") == 3
    for number in (1, 2, 3):
        path = out / f"{number}.cbz"
        pages = read_pages(path, "mine")
        assert [read_page(path, page) for page in pages] == ORDERED
        assert [page.name for page in pages] == ["001.jpg", "002.jpg", "003.jpg"]
    info = read_info(out / "2.cbz")
    assert (info["site"], info["number"], info["title"]) == ("folder", 2, "002")
    assert [page["address"] for page in info["pages"]] == [f"제2화/{name}" for name in sorted(NAMES, key=len)]
    assert str(tmp_path) not in str(info)


def test_a_second_import_writes_what_changed_alone(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bring(source, out, "1-3")
    first = files(out)
    assert bring(source, out, "1-3") == 0
    (source / "1" / "p10.jpg").write_bytes(PAGES[0])
    assert bring(source, out, "1-2") == 1
    assert sorted(files(out)) == ["1.cbz", "2.cbz"]
    assert files(out)["2.cbz"] == first["2.cbz"]
    assert files(out)["1.cbz"] != first["1.cbz"]


def test_what_fails_is_told_and_the_others_are_kept(source: Path, tmp_path: Path) -> None:
    (source / "1.zip").write_bytes(b"")
    with pytest.raises(CrawlError) as failure:
        bring(source, tmp_path / "out", "1-4")
    first, *rows = str(failure.value).splitlines()
    assert first.startswith("2 of 4 episodes of mine failed, the others are kept")
    assert rows[0].endswith(f"{source} has more than one: 1, 1.zip")
    assert rows[1].endswith(f"{source} has no folder, ZIP or CBZ named 4")
    assert sorted(files(tmp_path / "out")) == ["2.cbz", "3.cbz"]


def test_a_folder_with_a_point_in_its_name_is_no_episode(source: Path, tmp_path: Path) -> None:
    for name in ("1.5", "12.5"):
        (source / name).mkdir()
        (source / name / "1.jpg").write_bytes(PAGES[0])
    assert bring(source, tmp_path / "out", "1") == 1
    with pytest.raises(CrawlError, match="has no folder, ZIP or CBZ named 12"):
        bring(source, tmp_path / "out", "12")


@pytest.mark.parametrize(
    ("link", "target", "sentence"),
    [
        (
            "1/p3.jpg",
            "gone.jpg",
            r"/1/p3\.jpg is a link to .*gone\.jpg, which is not there: fetch it or mount",
        ),
        ("1/more", "", r"/1/more is a link to a folder: put the folder itself there"),
        ("4", "gone", r"/4 is a link to .*gone, which is not there"),
        ("5.cbz", "gone.cbz", r"/5\.cbz is a link to .*gone\.cbz, which is not there"),
    ],
)
def test_a_link_behind_which_pages_would_be_missed_is_told(
    source: Path, tmp_path: Path, link: str, target: str, sentence: str
) -> None:
    (source / link).symlink_to(tmp_path / target)
    with pytest.raises(CrawlError, match=sentence):
        bring(source, tmp_path / "out", "1, 4, 5")


def test_links_to_pages_and_to_episodes_are_followed(source: Path, tmp_path: Path) -> None:
    (source / "4").symlink_to(source / "1")
    (tmp_path / "page.jpg").write_bytes(PAGES[0])
    (source / "1" / "p1.jpg").symlink_to(tmp_path / "page.jpg")
    (source / "1" / ".thumbnails").symlink_to(tmp_path)
    assert bring(source, tmp_path / "out", "1, 4") == 2
    assert [len(read_pages(tmp_path / "out" / f"{number}.cbz", "mine")) for number in (1, 4)] == [4, 4]


def test_one_run_at_a_time_writes_a_series(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with (
        alone("mine", out),
        pytest.raises(CrawlError, match=r"^mine is being crawled by another run: wait for its end$"),
    ):
        bring(source, out, "1")
    assert files(out) == {}
    assert bring(source, out, "1") == 1


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CrawlError, match=r"^series mine: .*/none is no folder: title names the one"):
        bring(tmp_path / "none", tmp_path / "out", "1")
    assert not (tmp_path / "out").exists()


def huge_png() -> bytes:
    """A PNG of 1 MB that claims 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000), 0))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"../evil.jpg": PAGES[0]}, r"'\.\./evil\.jpg' would unpack outside its folder"),
        ({"a/../../evil.jpg": PAGES[0]}, "would unpack outside its folder"),
        ({"/etc/evil.jpg": PAGES[0]}, "would unpack outside its folder"),
        ({"C:evil.jpg": PAGES[0]}, "would unpack outside its folder"),
        ({"..\\evil.jpg": PAGES[0]}, "would unpack outside its folder"),
        ({"1.jpg": bytes(100_000_001)}, "1.jpg would unpack to 100000001 bytes"),
        ({str(n): b"" for n in range(10_001)}, "would unpack to 10001 files of 0 bytes: no episode has that"),
        ({"1.jpg": huge_png()}, "1.jpg claims more than 80000000 pixels: not decoded"),
        ({"1.jpg": b"<!DOCTYPE html>"}, "1.jpg is no JPEG, PNG, WebP or GIF image"),
        ({"1.jpg": PAGES[0][:-3]}, "1.jpg is cut off"),
        ({"notes.txt": b"x"}, "1.zip holds no pages"),
    ],
    ids=["up", "inside", "root", "drive", "backslash", "large", "many", "pixels", "html", "cut", "empty"],
)
def test_an_archive_that_would_do_harm_is_refused(
    tmp_path: Path, entries: dict[str, bytes], sentence: str
) -> None:
    zipped(tmp_path / "mine" / "1.zip", entries)
    with pytest.raises(CrawlError, match=sentence):
        bring(tmp_path / "mine", tmp_path / "out", "1")
    assert files(tmp_path / "out") == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "out"]


def patched(path: Path, size: int) -> None:
    """Make a ZIP of one entry claim another size, in its directory."""
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", size)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("size", "sentence"),
    [(4_000_000_000, "would unpack to 4000000000 bytes"), (10, "cannot be unpacked: Bad CRC")],
)
def test_what_an_archive_claims_bounds_what_is_read_of_it(tmp_path: Path, size: int, sentence: str) -> None:
    path = tmp_path / "mine" / "1.cbz"
    zipped(path, {"1.jpg": bytes(50_000_000)})
    patched(path, size)
    with pytest.raises(CrawlError, match=sentence):
        bring(tmp_path / "mine", tmp_path / "out", "1")


@pytest.mark.parametrize("broken", ["cut", "locked"])
def test_a_damaged_or_locked_archive_is_refused(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "mine" / "1.cbz"
    zipped(path, {"1.jpg": PAGES[0]}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    if broken == "locked":
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data if broken == "locked" else data[:-10])
    with pytest.raises(CrawlError, match=r"1\.cbz cannot be unpacked: "):
        bring(tmp_path / "mine", tmp_path / "out", "1")
