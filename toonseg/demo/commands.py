"""What `toonseg demo` writes: an episode's pages, the label files, the README's picture of the steps."""

from pathlib import Path
from typing import TypeVar

from toonseg.demo import SERIES
from toonseg.demo.artist.episode import draw_episode
from toonseg.demo.labels import label_series
from toonseg.errors import ToonsegError
from toonseg.formats.labelwriter import label_text
from toonseg.pages import open_strip
from toonseg.pictures.palette import small_png
from toonseg.pictures.steps import steps_picture
from toonseg.records import Band, Panel, Placement
from toonseg.series import load_series, parse_episodes
from toonseg.store import read_table, write_bytes

T = TypeVar("T")

# The stretch of strip that the README shows.
_SHOWN_SERIES, _SHOWN_EPISODE, _SHOWN_ROWS = "after-class", "3", (0, 3600)


def write_pages(series: str, number: int, folder: Path) -> str:
    """Draw an episode and write its pages below ``folder``; gives a summary line."""
    _check(series, number)
    episode = draw_episode(series, number)
    for name, data in episode.pages:
        write_bytes(folder / name, data)
    return f"{episode.title}: {len(episode.pages)} pages, {len(episode.panels)} panels in {folder}"


def write_labels(folder: Path, series: str | None, episodes: str | None) -> str:
    """Write the label file of ``series``, or of each labelled series of the demo; gives a summary line.

    The episodes are those that params.yaml declares unless ``episodes`` gives ranges.
    """
    chosen = [series] if series else [name for name, offered in SERIES.items() if offered.labelled]
    said = []
    for name in chosen:
        numbers = parse_episodes(episodes or load_series()[name].episodes)
        for number in numbers:
            _check(name, number)
        document = label_series(name, numbers)
        write_bytes(folder / f"{name}.json", label_text(document).encode())
        said.append(f"{name}: {len(document['images'])} regions, {len(document['annotations'])} instances")
    return "; ".join(said)


def write_steps_picture(path: Path, data: Path = Path("data")) -> str:
    """Draw the way from page to panel from the pipeline's outputs below ``data``; gives a summary line."""
    series, episode, (y0, y1) = _SHOWN_SERIES, _SHOWN_EPISODE, _SHOWN_ROWS

    def rows(table: str, kind: type[T]) -> list[T]:
        found = read_table(data / table, kind)
        return [row for row in found if getattr(row, "episode", "") == episode]

    placements = rows(f"strips/{series}.csv", Placement)
    strip = open_strip(data / f"pages/{series}/{episode}.cbz", placements)
    picture = steps_picture(
        strip.rows(y0, min(y1, strip.height)),
        y0,
        placements,
        rows(f"bands/{series}.csv", Band),
        rows(f"panels/{series}/panels.csv", Panel),
    )
    write_bytes(path, small_png(picture))
    return f"{path}: {picture.shape[1]} x {picture.shape[0]}"


def _check(series: str, number: int) -> None:
    """Raise ToonsegError when the demo does not offer the episode."""
    if series not in SERIES:
        raise ToonsegError(f"the demo has no series '{series}': choose {', '.join(SERIES)}")
    if not 1 <= number <= SERIES[series].episodes:
        raise ToonsegError(f"{series} has no episode {number}: it has 1 to {SERIES[series].episodes}")
