"""The words that go with shared masks: a datasheet and the terms."""

from collections.abc import Mapping

_DATASHEET = """\
# Datasheet

After Gebru et al., "Datasheets for Datasets" (2018). Written by toonseg; complete it where it asks you to.

## Motivation

Masks of hair and clothes in panels of webtoons, for research on segmentation and colorization.
*Who made this, for whom, and with whose money: add a line.*

## Composition

{counts}

Masks by class:

{classes}

Each mask is one instance of a class in one panel (`masks.csv`): a run-length code, its class, who drew it
(`source`: label for a person, prediction for a model) and the model's score (1 for a person). `panels.csv`
places each panel on the strip of its episode, `pages.csv` the pages. `side` says whether a model was trained
on the panel (train), chose by it (val) or tested on it (test), or nobody labelled it (unlabelled).

There is no picture here and no pixel of one. A page is known by its SHA-256 and by a perceptual hash of 256
bits, from which no picture can be drawn. The series' names are the exporter's own. The people shown are
drawn characters.

## Collection and preprocessing

Pages were laid on one strip per episode, scaled to a common width, and cut to panels. Labels were drawn on
the strip and projected on the panels; predictions come from a Mask R-CNN trained on the train side. Masks are
not corrected afterwards: predictions hold errors.

## Uses

Whoever has the pages joins them with `toonseg rejoin MASKS_DIR PAGES_DIR --out DIR`, also when they were
encoded again. Train on test panels and no score means anything. Predictions are no ground truth.

## Distribution and maintenance

The terms are in `TERMS.md`. *Where it is kept, and whom to write to about an error: add a line.*
"""

_TERMS = """\
# Terms

The masks, tables and texts in this folder are shared under {licence}. They were drawn and computed by the
people who export them; they hold no part of the pictures that they describe.

The pictures are not here and not covered. The rights in them are their authors' and publishers'. To use
these masks with the pictures you need your own lawful copy of them. A dataset that you join from both holds
pixels: it must not be published or passed on without leave of whoever holds the rights.
"""


def datasheet(counts: Mapping[str, int], classes: Mapping[str, int]) -> str:
    """A datasheet in Markdown, with the counts of everything and of each class's masks."""
    return _DATASHEET.format(counts=_rows("what", counts), classes=_rows("class", classes))


def terms(licence: str) -> str:
    """What may be done with the masks, and what may not be done with the pictures."""
    return _TERMS.format(licence=licence)


def _rows(head: str, counts: Mapping[str, int]) -> str:
    rows = [f"| {_cell(name)} | {count} |" for name, count in counts.items()]
    return "\n".join([f"| {head} | number |", "|---|---:|", *rows])


def _cell(text: str) -> str:
    r"""Text that stays in its cell.

    >>> print(_cell("a|b <i>"))
    a\|b &lt;i>
    """
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").split())
