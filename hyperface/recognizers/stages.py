"""The stages of a backbone, from the pixels up: what fine-tuning may leave as it is."""

from itertools import accumulate, pairwise

from torch import nn

from hyperface.errors import InputError
from hyperface.recognizers.backbones import BackboneRecognizer
from hyperface.recognizers.insightface_resnet import InsightFaceResNet
from hyperface.recognizers.iresnet import IResNet, Unit
from hyperface.recognizers.mobilefacenet import STAGES, MobileFaceNet


def stages_of(backbone: nn.Module) -> list[list[nn.Module]]:
    """The parts of each stage; whatever comes before the first is part of it, and the output is part of none."""
    if isinstance(backbone, InsightFaceResNet):
        stem = [backbone.conv1, backbone.bn1, backbone.prelu]
        rows = [[backbone.get_submodule(f"layer{number}")] for number in range(1, 5)]
    elif isinstance(backbone, IResNet):
        stem, units = [backbone.input_layer], list(backbone.body)
        begins = [number for number, unit in enumerate(units) if isinstance(unit, Unit) and _halves(unit)]
        rows = [units[first:end] for first, end in pairwise([*begins, len(units)])]
    elif isinstance(backbone, MobileFaceNet):
        layers = list(backbone.body)
        ends = list(accumulate((repeats for _, _, repeats, _ in STAGES), initial=2))
        stem, rows = layers[:2], [layers[first:end] for first, end in pairwise(ends)]
    else:
        raise InputError(f"The stages of a {type(backbone).__name__} are not known, so none of them can be frozen.")
    return [[*stem, *rows[0]], *rows[1:]]


def _halves(unit: Unit) -> bool:
    """Whether a unit makes the map half as large: a stage begins."""
    convolutions = [part for part in unit.res_layer if isinstance(part, nn.Conv2d)]
    return convolutions[-1].stride[0] == 2


def freeze(recognizer: BackboneRecognizer, stages: int) -> None:
    """Leave the first so many stages as they are: no gradient, and batch norms keep their statistics while training.

    InputError for more stages than there are.
    """
    if stages == 0:
        return
    found = stages_of(recognizer.backbone)
    if not 0 <= stages <= len(found):
        raise InputError(
            f"{recognizer.architecture} has {len(found)} stages; {stages} cannot be frozen. With all of them frozen "
            "the output is still learnt."
        )
    recognizer.frozen = [module for stage in found[:stages] for module in stage]
    for module in recognizer.frozen:
        module.eval().requires_grad_(False)
