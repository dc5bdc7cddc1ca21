"""A webtoon of a few coloured pages, drawn at once: for tests of the site and the crawl."""

from dataclasses import dataclass

import numpy as np

from toonseg.demo.markup import Show
from toonseg.images import encode

SHOWS = {"rain": Show("비 <온다>", "two & a half colours", ("하나", "둘", "셋", "넷", "다섯", "여섯"))}


@dataclass(frozen=True)
class Episode:
    """An episode as the artist gives it."""

    pages: tuple[tuple[str, bytes], ...]


def draw(series: str, number: int) -> Episode:
    """Three pages, each of one colour and of its own height."""
    colours = [(number * 20, page * 40, len(series)) for page in (1, 2, 3)]
    pictures = [np.full((40 + page, 30, 3), colour, np.uint8) for page, colour in enumerate(colours)]
    return Episode(
        tuple((f"{page}화 {number}.jpg", encode(picture, "jpg", 90)) for page, picture in enumerate(pictures))
    )
