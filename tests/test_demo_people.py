"""The demo's people: drawn the same every time, with the exact visible mask of what they wear."""

from collections import Counter
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from toonseg.demo.artist.ink import Canvas, curve
from toonseg.demo.artist.people import EXPRESSIONS, POSES, Character, Facing, Outfit, cast, draw_person
from toonseg.demo.artist.styles import STYLES, Style

CLASSES = {"hair", "dress-shirt", "T-shirt", "pants", "skirt", "outer", "tie", "vest"}
FACINGS: tuple[Facing, ...] = ("front", "left", "right", "back")
WHITE = (255, 255, 255)
RED, BLUE = (200, 0, 0), (0, 0, 200)


def box(x0: float, y0: float, x1: float, y1: float) -> NDArray[np.float64]:
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64)


def drawn(
    style: Style,
    person: Character,
    *,
    size: tuple[int, int] = (260, 420),
    at: tuple[float, float] = (130, 30),
    head_px: float = 60,
    pose: str = "standing",
    outfit: int = 0,
    facing: Facing = "front",
    seed: int = 5,
) -> Canvas:
    canvas = Canvas(*size, WHITE)
    draw_person(
        canvas,
        style,
        person,
        x=at[0],
        y=at[1],
        head_px=head_px,
        pose=pose,
        outfit=person.outfits[outfit],
        facing=facing,
        rng=np.random.default_rng(seed),
    )
    return canvas


def people(name: str, seed: int = 1) -> tuple[Style, tuple[Character, ...]]:
    return STYLES[name], cast(STYLES[name], np.random.default_rng(seed))


@cache
def worn(name: str) -> tuple[tuple[Outfit, tuple[str, ...]], ...]:
    """Every outfit of a cast, with the classes of the instances that one drawing of it shows."""
    style, crew = people(name)
    return tuple(
        (
            outfit,
            tuple(
                class_name
                for class_name, _ in drawn(
                    style, person, size=(130, 230), at=(65, 20), head_px=32, outfit=number
                ).instances()
            ),
        )
        for person in crew
        for number, outfit in enumerate(person.outfits)
    )


def test_an_untouched_canvas_shows_its_paper_and_no_instance() -> None:
    canvas = Canvas(5, 3, (10, 20, 30))
    assert canvas.instances() == []
    assert canvas.picture().shape == (3, 5, 3)
    assert (canvas.picture() == (10, 20, 30)).all()


def test_a_picture_can_be_the_paper() -> None:
    paper = np.zeros((4, 6, 3), np.uint8)
    paper[:, 3:] = 200
    assert np.array_equal(Canvas(6, 4, paper).picture()[:, [0, 5]], paper[:, [0, 5]])


def test_a_fill_owns_exactly_the_pixels_that_it_covers() -> None:
    canvas = Canvas(10, 8, WHITE)
    canvas.fill(box(2, 1, 6, 5), RED, canvas.new_instance("vest"))
    ((name, mask),) = canvas.instances()
    assert name == "vest"
    assert mask.dtype == np.bool_
    inner = np.zeros((8, 10), bool)
    inner[2:4, 3:5] = True
    outer = np.zeros((8, 10), bool)
    outer[0:6, 1:7] = True
    assert mask[inner].all()
    assert not mask[~outer].any()


def test_what_is_drawn_later_takes_the_pixels_below_it() -> None:
    canvas = Canvas(20, 20, WHITE)
    first, second = canvas.new_instance("outer"), canvas.new_instance("tie")
    canvas.fill(box(0, 0, 20, 20), RED, first)
    canvas.fill(box(5, 5, 15, 15), BLUE, second)
    masks = dict(canvas.instances())
    assert masks["tie"][10, 10]
    assert not masks["outer"][10, 10]
    assert masks["outer"][1, 1]
    canvas.fill(box(0, 0, 20, 20), WHITE)
    assert canvas.instances() == []


def test_tints_and_inner_lines_leave_pixels_to_their_owner() -> None:
    canvas = Canvas(20, 20, WHITE)
    region = canvas.fill(box(0, 0, 20, 20), RED, canvas.new_instance("skirt"))
    before = canvas.instances()[0][1]
    canvas.stroke([(2, 2), (18, 18)], BLUE, 3)
    canvas.shade(box(0, 0, 10, 20), BLUE, 0.5, within=region)
    canvas.gradient(region, (0, 0), (20, 0), BLUE, 0.5)
    canvas.fill(box(5, 5, 9, 9), BLUE, keep_owner=True)
    ((_, after),) = canvas.instances()
    assert np.array_equal(before, after)
    assert not (canvas.picture()[8, 8] == RED).all()


def test_shapes_outside_the_canvas_draw_nothing() -> None:
    canvas = Canvas(10, 10, WHITE)
    owner = canvas.new_instance("pants")
    canvas.fill(box(-30, -30, -20, -20), RED, owner)
    canvas.stroke([(40, 40), (60, 60)], RED, 4, owner=owner)
    canvas.shade(box(100, 0, 120, 10), RED)
    assert canvas.instances() == []
    assert (canvas.picture() == 255).all()


def test_a_curve_passes_through_its_points_and_keeps_corners_sharp() -> None:
    knots = [(0, 0, 1), (10, 0, 1), (10, 10), (0, 10)]
    path = curve(knots, steps=8)
    for x, y, *_ in knots:
        assert np.abs(path - (x, y)).sum(1).min() < 1e-9
    assert np.abs(path[:8, 1]).max() < 1e-9  # between two corners runs a straight line
    assert curve([(0, 0), (1, 1)]).shape == (2, 2)


@pytest.mark.parametrize("name", STYLES)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    style, crew = people(name)
    assert crew == people(name)[1]
    first, second = (drawn(style, crew[1], outfit=1, pose="waving", facing="left") for _ in range(2))
    assert first.picture().tobytes() == second.picture().tobytes()
    for (name_a, mask_a), (name_b, mask_b) in zip(first.instances(), second.instances(), strict=True):
        assert name_a == name_b
        assert np.array_equal(mask_a, mask_b)


@pytest.mark.parametrize("name", STYLES)
def test_masks_are_disjoint_full_size_and_of_known_classes(name: str) -> None:
    style, crew = people(name)
    for index, person in enumerate(crew):
        canvas = drawn(style, person, outfit=index % 5, facing=FACINGS[index % 4], pose=list(POSES)[index])
        found = canvas.instances()
        assert {class_name for class_name, _ in found} <= CLASSES
        total = np.sum([mask for _, mask in found], axis=0)
        assert total.shape == (420, 260)
        assert total.max() == 1


@pytest.mark.parametrize("name", STYLES)
def test_a_person_has_one_hair_and_one_instance_for_each_garment(name: str) -> None:
    for outfit, shown in worn(name):
        assert shown.count("hair") == 1
        assert len(set(shown)) == len(shown)
        assert set(shown) <= {piece.class_name for piece in outfit.garments} | {"hair"}


@pytest.mark.parametrize("name", STYLES)
def test_every_class_is_seen_often_in_a_cast(name: str) -> None:
    seen = Counter(class_name for _, shown in worn(name) for class_name in shown)
    assert set(seen) == CLASSES
    assert min(seen.values()) * 8 >= len(worn(name))


@pytest.mark.parametrize("pose", POSES)
def test_every_pose_draws_from_every_side(pose: str) -> None:
    style, crew = people("after-class")
    for facing in FACINGS:
        canvas = drawn(
            style, crew[3], size=(130, 230), at=(65, 20), head_px=32, pose=pose, facing=facing, outfit=3
        )
        assert "hair" in {class_name for class_name, _ in canvas.instances()}


@pytest.mark.parametrize("name", STYLES)
def test_every_expression_changes_the_face(name: str) -> None:
    style, crew = people(name)
    faces = set()
    for expression in EXPRESSIONS:
        canvas = Canvas(160, 160, WHITE)
        draw_person(
            canvas,
            style,
            crew[0],
            x=80,
            y=30,
            head_px=100,
            pose="standing",
            outfit=crew[0].outfits[0],
            facing="front",
            rng=np.random.default_rng(2),
            expression=expression,
        )
        faces.add(canvas.picture().tobytes())
    assert len(faces) == len(EXPRESSIONS)


@pytest.mark.parametrize(
    ("at", "head_px"),
    [((-20, 40), 60), ((255, 40), 60), ((130, -150), 60), ((130, 380), 60), ((130, 40), 400)],
)
def test_a_person_may_be_cut_off_by_any_edge(at: tuple[float, float], head_px: float) -> None:
    style, crew = people("moonlit-bus")
    canvas = drawn(style, crew[2], at=at, head_px=head_px)
    assert canvas.instances()
    assert all(mask.shape == (420, 260) for _, mask in canvas.instances())


def test_a_person_outside_the_canvas_leaves_it_untouched() -> None:
    style, crew = people("tidal-town")
    canvas = drawn(style, crew[2], at=(3000, 3000))
    assert canvas.instances() == []
    assert (canvas.picture() == 255).all()


def test_who_is_drawn_later_hides_who_stands_behind() -> None:
    style, crew = people("after-class")
    alone = dict(drawn(style, crew[0]).instances())
    canvas = drawn(style, crew[0])
    draw_person(
        canvas,
        style,
        crew[1],
        x=185,
        y=45,
        head_px=60,
        pose="standing",
        outfit=crew[1].outfits[0],
        facing="front",
        rng=np.random.default_rng(9),
    )
    both = canvas.instances()
    behind = both[: len(alone)]
    before = sum(int(mask.sum()) for mask in alone.values())
    after = sum(int(mask.sum()) for _, mask in behind if mask.any())
    assert after < before
    gained = sum(int((mask & ~alone[class_name]).sum()) for class_name, mask in behind)
    assert gained < 0.005 * before  # only where halves of a pixel change hands
    assert np.sum([mask for _, mask in both], axis=0).max() == 1


def test_arms_take_the_cloth_below_them() -> None:
    style, crew = people("after-class")
    areas = {
        pose: dict(drawn(style, crew[0], pose=pose).instances())["vest"].sum()
        for pose in ("hands behind", "arms crossed")
    }
    assert areas["arms crossed"] < 0.9 * areas["hands behind"]


@pytest.mark.parametrize("head_px", [30, 60, 120, 240, 400])
def test_people_are_drawn_near_and_far(head_px: float) -> None:
    style, crew = people("tidal-town")
    canvas = drawn(style, crew[1], size=(400, 500), at=(200, 60), head_px=head_px)
    hair = dict(canvas.instances())["hair"]
    assert hair.sum() > 0.15 * head_px**2


def test_styles_differ_in_line_palette_and_figure() -> None:
    looks = [STYLES[name] for name in ("after-class", "moonlit-bus", "tidal-town")]
    assert len({style.line_px for style in looks}) == 3
    assert len({style.figure.heads for style in looks}) == 3
    assert len({style.shading for style in looks}) == 3
    assert len({style.hairs for style in looks}) == 3


def test_a_cast_is_mixed_and_nobody_shares_a_haircut() -> None:
    for name in STYLES:
        _, crew = people(name)
        assert len(crew) == 8
        assert len({person.hair.cut for person in crew}) == 8
        assert len({person.hair.rgb for person in crew}) == 8
        assert {person.feminine for person in crew} == {True, False}
