"""Whether a drawing holds nothing but text: a bubble, a caption, a window, a sound effect, credits.

Whatever its paper and its ink, text has few colours, and inside an outline only small marks. A picture
has long edges inside, or many colours.
"""

from toonseg.cuts.marks import LEGIBLE, Marks

FEATURES = 5  # marks on a plain face: eyes, brows and mouth
_LETTERS_LONG = 0.2  # share of the edges that may belong to marks taller than a letter inside a bubble
_PAPER_SHARE = 0.75  # of a bubble's or caption's pixels that the letters leave as paper
_WINDOW_PAPER = 0.52  # of a window's, whose paper may pass into another colour
_SOLID = 0.82  # of its hull that a bubble fills
_INK_SHARE = 0.55  # of a letter with holes in it, that is ink
_HEADED_PAPER = 0.55  # of a box whose heading covers some of it
_HEADED_LETTERS = 3
_CAPTION_LETTERS = 2
_SPIKES_LONG = 0.5  # share of the edges that may belong to the spikes of a bubble
_SHARP, _BLACK = 150, 200  # levels over three pixels of the edges of a heading's letters, and of a bubble's
_LIMBLESS = 2  # marks on a letter, up to which it may have any outline
_PAPER_AND_INK = 2
_BUBBLE_COLOURS = 3
_EFFECT_COLOURS = 3


def is_bubble(marks: Marks, torn: bool = False) -> bool:
    """Whether a drawing is paper of one colour with small letters on it.

    ``torn`` tells that it was torn off a greater drawing: then it may be a head, with eyes for letters.
    """
    # An animal has eyes, and limbs.
    return _is_lettered(marks, torn) and (marks.small <= _LIMBLESS or marks.solid >= _SOLID)


def _is_lettered(marks: Marks, torn: bool) -> bool:
    """Whether what is drawn is paper of one colour with letters on it, be its outline what it may."""
    if marks.paper < _PAPER_SHARE or marks.colours > _BUBBLE_COLOURS:
        return False
    # One short word may be a single mark, but so may a thing in a plain room: it takes few colours too.
    least = (1 if marks.colours <= _PAPER_AND_INK else 2) + torn * marks.colours
    return marks.small >= least and marks.long <= _LETTERS_LONG and marks.contrast >= LEGIBLE


def is_window(marks: Marks, low: bool) -> bool:
    """Whether a drawing is a window with lines of text; its paper may pass from colour to colour.

    ``low`` tells that it is as low, or as narrow, as a caption: then that may go far.
    """
    least = 0 if low else _WINDOW_PAPER
    if marks.paper >= least and marks.colours <= _BUBBLE_COLOURS and marks.lines:
        return True
    return low and _is_headed(marks)


def is_caption(marks: Marks) -> bool:
    """Whether a drawing is a caption on a gradient: letters clear of its rim."""
    flat = marks.flat
    if flat is None or flat.colours > _PAPER_AND_INK or flat.small < _CAPTION_LETTERS:
        return False
    return is_bubble(flat) and (flat.free or flat.lines)


def _is_headed(marks: Marks) -> bool:
    """Whether a drawing is a box of letters with a bar for a heading, which is of another colour."""
    plain = marks.colours <= 1 and marks.paper >= _HEADED_PAPER and not marks.long
    return plain and marks.small >= _HEADED_LETTERS and marks.contrast >= _SHARP


def is_stuck_bubble(marks: Marks) -> bool:
    """Whether a part of a figure is a bubble that sticks to it, and no head."""
    return _is_lettered(marks, torn=False) and marks.strokes > FEATURES


def is_unframed_text(marks: Marks, tall: bool) -> bool:
    """Whether a drawing without a frame holds only text: bubbles, letters, sound effects.

    ``tall`` tells that it is taller than the letters of a sound effect.
    """
    if is_bubble(marks) or (marks.paper >= _PAPER_SHARE and is_window(marks, low=False)) or _is_spiked(marks):
        return True
    few = marks.colours <= 1 and marks.long <= _LETTERS_LONG and not _is_animal(marks)
    short = marks.colours <= _PAPER_AND_INK and not tall
    # A head may have two colours, too, hair and skin: of a letter's, one is but its edge.
    strokes = (few or short or _is_outlined(marks)) and marks.blocks < _PAPER_AND_INK
    return strokes or _is_brushed(marks)


def _is_animal(marks: Marks) -> bool:
    """Whether what has few colours would be a bubble but for its limbs, and is no strokes of letters."""
    return bool(marks.blocks) and _is_lettered(marks, torn=False)


def _is_brushed(marks: Marks) -> bool:
    """Whether a drawing is letters in one ink, be there long edges of holes in them."""
    inked = marks.colours <= 1 and marks.paper >= _INK_SHARE and marks.inked
    return inked and marks.contrast >= _SHARP and not marks.blocks


def _is_spiked(marks: Marks) -> bool:
    """Whether a drawing is a bubble whose spikes lead so far into it that they look like long edges."""
    plain = marks.colours <= 1 and marks.paper >= _PAPER_SHARE
    return plain and marks.small > FEATURES and marks.long <= _SPIKES_LONG and marks.contrast >= _BLACK


def _is_outlined(marks: Marks) -> bool:
    """Whether a drawing is a sound effect whose letters have outlines; figures are taller than wide."""
    return marks.colours <= _EFFECT_COLOURS and marks.wide and not marks.blocks and marks.outlined
