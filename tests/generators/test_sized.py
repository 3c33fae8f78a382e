"""Networks as large as the public ones: their parameters and operations, counted without computing anything."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from hyperface import rates
from hyperface.errors import UnknownNameError
from hyperface.generators import sized


def parameters(module: torch.nn.Module) -> float:
    return sum(value.numel() for value in module.parameters())


def operations(call) -> float:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        call()
    return counter.get_total_flops()


@pytest.mark.slow
def test_sizes_and_operations_are_the_published_ones():
    pytest.importorskip("diffusers")
    made = sized.sized_generator("arc2face", device="meta")
    assert parameters(made.unet) == pytest.approx(860e6, rel=0.005)  # of Stable Diffusion 1.5
    assert parameters(made.projection) == pytest.approx(123e6, rel=0.005)  # of CLIP's ViT-L/14 text model
    code, asked = torch.empty(1, 4, 64, 64, device="meta"), torch.empty(1, 77, 768, device="meta")
    moment = torch.tensor(1, device="meta")
    work = rates.DRAWING["arc2face"]
    found = operations(lambda: made.unet(code, moment, encoder_hidden_states=asked))
    assert 2 * found == pytest.approx(work.each, rel=0.01)
    assert operations(lambda: made.decoder.decode(code)) == pytest.approx(work.operations, rel=0.01)

    made = sized.sized_gallery_generator("diffusion", device="meta")
    assert parameters(made.unet) == pytest.approx(274e6, rel=0.005)
    assert parameters(made.decoder) == pytest.approx(55e6, rel=0.01)
    code, work = torch.empty(1, 3, 64, 64, device="meta"), rates.DRAWING["diffusion"]
    assert operations(lambda: made.unet(code, moment)) == pytest.approx(work.each, rel=0.01)
    assert operations(lambda: made.decoder.decode(code)) == pytest.approx(work.operations, rel=0.01)


def test_sizes_of_what_needs_no_further_package():
    made = sized.sized_gallery_generator("stylegan", device="meta")
    assert parameters(made.network) == pytest.approx(30.37e6, rel=0.01)  # as NVIDIA counts config F
    latents = torch.empty(1, 512, device="meta")
    found = operations(lambda: made.network(latents, psi=1.0, noise=None))
    assert found == pytest.approx(rates.DRAWING["stylegan"].operations, rel=0.01)
    assert parameters(sized.sized_generator("vec2face", device="meta").network) == pytest.approx(173e6, rel=0.01)


@pytest.mark.slow
def test_a_picture_of_vec2face_takes_as_many_operations_as_is_told():
    made = sized.sized_generator("vec2face")
    request = torch.nn.functional.normalize(torch.ones(1, 512))
    found = operations(lambda: made.generate(request, [0]))
    assert found == pytest.approx(rates.DRAWING["vec2face"].operations, rel=0.05)


def test_a_size_that_nobody_knows():
    with pytest.raises(UnknownNameError, match="it is one of arc2face, vec2face"):
        sized.sized_generator("heads")
    with pytest.raises(UnknownNameError, match="it is one of diffusion, stylegan"):
        sized.sized_gallery_generator("heads")
