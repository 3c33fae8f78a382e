"""Training that begins with weights, and leaves stages as they are."""

import itertools

import pytest
import torch

from hyperface import training
from hyperface.errors import InputError
from hyperface.recognizers.backbones import ARCHITECTURES, build_backbone
from hyperface.recognizers.stages import freeze, stages_of

OPTIONS = {"epochs": 2, "batch_size": 9, "validation_share": 0.2}


@pytest.fixture(scope="module")
def start():
    torch.manual_seed(5)
    return build_backbone("small", input_size=32, name="theirs#1", licence="for research", color="BGR").eval()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_has_stages_and_only_its_output_is_in_none(name):
    with torch.device("meta"):
        backbone = build_backbone(name).backbone
    stages = stages_of(backbone)
    assert len(stages) == (5 if name == "small" else 4)
    inside = [id(parameter) for stage in stages for part in stage for parameter in part.parameters()]
    assert len(inside) == len(set(inside))
    left = [key for key, value in backbone.named_parameters() if id(value) not in set(inside)]
    beginnings = {key.split(".")[0] for key in left}
    assert beginnings <= {"output_layer", "bn2", "fc", "features", "pool", "output", "body"}
    if name == "small":
        assert all(key.startswith(f"body.{len(backbone.body) - 1}.") for key in left if key.startswith("body"))
    elif "body" in beginnings:
        raise AssertionError(left)


def test_a_training_begins_with_the_weights_and_a_new_head(colored, start):
    first = next(training.train(colored, **OPTIONS, start=start))
    for name, value in start.backbone.state_dict().items():
        torch.testing.assert_close(first.recognizer.backbone.state_dict()[name], value, atol=0, rtol=0)
    card = first.recognizer.card
    assert (card.input_size, card.color, card.licence) == (32, "BGR", "for research")
    assert "from theirs#1" in card.source
    scratch = next(training.train(colored, **OPTIONS, input_size=32))
    assert first.learning_rate == pytest.approx(scratch.learning_rate / 10)
    with pytest.raises(InputError, match="small has 5 stages; 6 cannot be frozen"):
        training.train(colored, **OPTIONS, start=start, frozen_stages=6)


@pytest.mark.slow
def test_frozen_stages_stay_bit_by_bit_and_the_rest_learns(colored, start):
    steps = training.train(colored, **OPTIONS, start=start, frozen_stages=2, learning_rate=0.1)
    *_, last = itertools.islice(steps, 4)
    before, after = start.backbone.state_dict(), last.recognizer.backbone.state_dict()
    frozen = {id(value) for stage in stages_of(last.recognizer.backbone)[:2] for part in stage
              for value in (*part.parameters(), *part.buffers())}  # fmt: skip
    changed = 0
    for name, value in (*last.recognizer.backbone.named_parameters(), *last.recognizer.backbone.named_buffers()):
        if id(value) in frozen:
            torch.testing.assert_close(after[name], before[name], atol=0, rtol=0)
        else:
            changed += bool((after[name] != before[name]).any())
    assert changed > 20
    assert not any(name.startswith("momentum") and value.isnan().any() for name, value in last.state.items())


def test_freezing_nothing_changes_nothing(start):
    fresh = build_backbone("small", input_size=32)
    freeze(fresh, 0)
    assert all(parameter.requires_grad for parameter in fresh.parameters())
    assert all(module.training for module in fresh.train().modules())
