"""toonseg: the clothes and hair of webtoon panels as masks."""

__version__ = "0.1.0"
