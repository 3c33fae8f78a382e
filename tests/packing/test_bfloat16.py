"""Products of bfloat16 are summed in float32, and torch's switch for that is left as it was found."""

import contextlib
from types import SimpleNamespace

import pytest
import torch

from hyperface.packing import gallery_search, neighbors, pack, rounding, soft_maximum
from hyperface.packing.rounding import sums_in_float32
from hyperface.sphere import random_points

GPU, CPU = torch.device("cuda"), torch.device("cpu")
NAME = "allow_bf16_reduced_precision_reduction"


@pytest.mark.parametrize("before", [True, False])
def test_the_switch_is_put_back_even_after_an_error(before):
    switches = torch.backends.cuda.matmul  # the process's own: it is there without a GPU, too
    found = getattr(switches, NAME)
    try:
        setattr(switches, NAME, before)
        with sums_in_float32(GPU):
            assert getattr(switches, NAME) is False
        assert getattr(switches, NAME) is before
        with pytest.raises(ValueError, match="in the middle"), sums_in_float32(GPU):
            raise ValueError("in the middle")
        assert getattr(switches, NAME) is before
        with sums_in_float32(CPU):
            assert getattr(switches, NAME) is before
    finally:
        setattr(switches, NAME, found)


def test_the_switchs_companion_is_left_alone(monkeypatch):
    """Newer versions of torch set both with one pair; older ones know no pair."""
    newer = SimpleNamespace(**{NAME: True, f"{NAME}_split_k": False})
    monkeypatch.setattr(torch.backends.cuda, "matmul", newer)
    with sums_in_float32(GPU):
        assert getattr(newer, NAME) == (False, False)
    assert getattr(newer, NAME) == (True, False)
    older = SimpleNamespace(**{NAME: True})
    monkeypatch.setattr(torch.backends.cuda, "matmul", older)
    with sums_in_float32(GPU):
        assert getattr(older, NAME) is False
    assert getattr(older, NAME) is True


def test_every_product_of_bfloat16_in_a_packing_is_summed_in_float32(monkeypatch):
    inside, products = [], []

    @contextlib.contextmanager
    def watched(device):
        inside.append(device)
        yield
        inside.pop()

    product = torch.Tensor.__matmul__

    def recorded(a, b):
        if a.dtype == torch.bfloat16:
            products.append(list(inside))
        return product(a, b)

    for module in (neighbors, gallery_search, soft_maximum):
        monkeypatch.setattr(module, "sums_in_float32", watched)
    for module in (rounding, soft_maximum):
        monkeypatch.setattr(module, "has_fast_bfloat16", lambda device: True)
    monkeypatch.setattr(rounding, "SCREENED_FROM", 2)
    monkeypatch.setattr(soft_maximum, "ROUNDED_FROM", 2)
    monkeypatch.setattr(torch.Tensor, "__matmul__", recorded)
    points = random_points(60, 8, seed=0)
    list(pack(points, steps=2))  # the screen at the start, then the soft maximum's gradient
    from_screen_and_gradient = len(products)
    list(pack(points, gallery=random_points(60, 8, seed=1), steps=0, objective="paper"))
    assert len(products) > from_screen_and_gradient >= 2
    assert all(product == [CPU] for product in products)
