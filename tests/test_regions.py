"""Regions: pooling by matrices gives what torchvision's RoIAlign gives, forward and backward."""

from typing import Any

import pytest
import torch
from torchvision.ops import MultiScaleRoIAlign

from toonseg.engines.regions import RegionPool, level_of, pool, weights

STRIDES = {"0": 8, "1": 16, "pool": 32}
SIZE = (256, 320)


def maps() -> dict[str, torch.Tensor]:
    """Feature maps of two pictures of ``SIZE``."""
    torch.manual_seed(1)
    return {
        name: torch.randn(2, 6, SIZE[0] // stride, SIZE[1] // stride, requires_grad=True)
        for name, stride in STRIDES.items()
    }


def boxes(count: int) -> torch.Tensor:
    """Boxes of all sizes, some of them beyond the picture, one a line."""
    torch.manual_seed(2)
    corners = torch.rand(count, 2, 2) * 420 - 50
    found = torch.cat([corners.min(1).values, corners.max(1).values], 1)
    found[0] = torch.tensor([30.0, 40.0, 30.0, 90.0])
    return found


def run(pool: Any, its: dict[str, torch.Tensor], of: list[torch.Tensor]) -> list[torch.Tensor]:
    """What is pooled, and the gradients of the maps under a loss that weighs all values unlike."""
    pooled = pool(its, of, [SIZE] * len(of))
    ramp = torch.arange(pooled.numel()).reshape(pooled.shape).sin()
    return [pooled, *torch.autograd.grad((pooled * ramp).sum(), list(its.values()), materialize_grads=True)]


@pytest.mark.parametrize(("bins", "scale"), [(7, 224), (14, 448)])
def test_it_pools_and_derives_as_torchvision_does(bins: int, scale: int) -> None:
    of = [boxes(40), boxes(9)]
    theirs = MultiScaleRoIAlign(list(STRIDES), bins, 2, canonical_scale=scale)
    ours = RegionPool(STRIDES, bins, scale)
    for one, other in zip(run(ours, maps(), of), run(theirs, maps(), of), strict=True):
        assert one.shape == other.shape
        assert torch.allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("counts", [(0, 0), (3, 0)])
def test_pictures_without_regions_give_none(counts: tuple[int, int]) -> None:
    of = [boxes(3)[:count] for count in counts]
    pooled, *gradients = run(RegionPool(STRIDES, 7), maps(), of)
    assert pooled.shape == (sum(counts), 6, 7, 7)
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_a_level_does_not_hang_on_how_small_the_picture_is() -> None:
    small = {name: its[:, :, :2, :2] for name, its in maps().items()}  # torchvision infers other strides here
    box = torch.tensor([[0.0, 0.0, 8.0, 8.0]])
    pooled = RegionPool(STRIDES, 1)(small, [box], [(9, 9)])
    assert torch.allclose(pooled[0, :, 0, 0], pool(small["0"][0], box / 8, 1)[0, 0, 0])


def test_boxes_of_the_canonical_size_are_pooled_at_stride_16() -> None:
    sides = torch.tensor([1.0, 111.0, 112.0, 224.0, 448.0, 9000.0])
    squares = torch.stack([torch.zeros(6), torch.zeros(6), sides, sides], 1)
    assert level_of(squares, (8, 16, 32), 224).tolist() == [0, 0, 0, 1, 2, 2]


def test_what_a_bin_gets_adds_up_to_one_unless_it_lies_outside() -> None:
    start, end = torch.tensor([0.0, 2.3, 6.0, -9.0]), torch.tensor([8.0, 2.4, 30.0, -5.0])
    sums = weights(start, end, 4, 8).sum(2)
    assert torch.allclose(sums[:2], torch.ones(2, 4))
    assert sums[2].tolist() == [0.5, 0.0, 0.0, 0.0]
    assert sums[3].tolist() == [0.0] * 4
