import torch

from hyperface.generators.eight_bits import quantized, restored


def test_numbers_are_off_by_half_a_step_of_their_row_at_most():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(300, 16, 16, generator=generator) * torch.logspace(-6, 3, 300)[:, None, None]
    rows[7] = 0
    stored = quantized({"rows": rows})
    assert stored["rows"].dtype == torch.int8
    back = restored(stored)
    assert list(back) == ["rows"]
    half_step = rows.abs().amax((1, 2), keepdim=True) / 254
    assert ((back["rows"] - rows).abs() <= half_step * 1.0001).all()


def test_small_tensors_stay_as_they_are():
    state = {"bias": torch.randn(1024), "basis": torch.randn(128, 60), "large": torch.ones(1024, 1024)}
    back = restored(quantized(state))
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)
