"""What recognisers and generators have in common: cards, device, precision."""

import json

import pytest
import torch

from hyperface import model
from hyperface.errors import CheckpointError, DeviceError, InputError
from hyperface.model import Model, channels_last, frozen
from hyperface.recognizers import RecognizerCard

CARD = RecognizerCard("mine", 128, 112, "nothing", "MIT", "this test", "BGR")


class Doubling(Model):
    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(2 * torch.eye(3))


class Fixed(Doubling):
    autocasts = False


def test_a_card_is_what_was_written():
    assert RecognizerCard.from_json(json.loads(json.dumps(CARD.to_json()))) == CARD


def test_cards_of_old_files_know_no_order_of_colors_and_those_of_new_ones_may_know_more():
    content = {**CARD.to_json(), "mood": "good"}
    del content["color"]
    assert RecognizerCard.from_json(content).color == "RGB"


@pytest.mark.parametrize("content", [{}, {"name": "mine"}, None, "mine", [1]])
def test_what_is_no_card_is_refused(content):
    with pytest.raises(CheckpointError, match="describes no recogniser"):
        RecognizerCard.from_json(content)


@pytest.mark.parametrize(
    ("kind", "precision", "fast", "rounds"),
    [
        (Doubling, "float32", True, False),
        (Doubling, "bfloat16", False, True),
        (Doubling, "fastest", True, True),
        (Doubling, "fastest", False, False),
        (Fixed, "fastest", True, False),  # it gains nothing by it
        (Fixed, "bfloat16", True, True),  # but may be asked for
    ],
)
def test_precision_is_what_was_asked_for_where_it_helps(kind, precision, fast, rounds, monkeypatch):
    from hyperface import hardware

    monkeypatch.setattr(hardware, "has_fast_bfloat16", lambda device: fast)
    prepared = kind().prepare(precision=precision)
    assert prepared.uses_bfloat16 == rounds
    with prepared.arithmetic():
        product = torch.ones(2, 3) @ prepared.weight
    assert product.dtype == (torch.bfloat16 if rounds else torch.float32)
    assert (torch.ones(2, 3) @ prepared.weight).dtype == torch.float32


def test_a_callers_autocast_is_left_on_in_float32():
    with torch.autocast("cpu", torch.bfloat16), Doubling().prepare().arithmetic():
        assert (torch.ones(2, 3) @ torch.ones(3, 3)).dtype == torch.bfloat16


def test_devices_and_precisions_that_are_none_are_refused():
    with pytest.raises(DeviceError, match="'cud' cannot be used here"):
        Doubling().prepare(device="cud")
    with pytest.raises(InputError, match="float32, bfloat16, fastest"):
        Doubling().prepare(precision="half")


def test_a_model_without_weights_is_on_the_cpu():
    assert model.Model().device == torch.device("cpu")


def test_frozen_and_channels_last_give_the_module_itself():
    module = torch.nn.Conv2d(4, 8, 3).train()
    assert frozen(channels_last(module)) is module
    assert module.weight.is_contiguous(memory_format=torch.channels_last)
    assert not module.weight.requires_grad
    assert not module.training
