"""Does a pack measure recognition? A real recogniser must succeed on it, and shortcuts must fail.

Shortcuts are what a pack would reward if its different-person pairs differed in anything but the person: raw pixels
(colour, light, background, hair) and networks with random weights (texture statistics).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from hyperface import evaluation, recognizers
from hyperface.images import ALIGNED_SIZE
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.card import RecognizerCard

SHORTCUT_LIMIT = 0.68  # accuracy that no shortcut may pass
MARGIN = 0.20  # by which dlib must beat every shortcut, where an accuracy is asked of it
REQUIRED_ACCURACY = {
    "rendered_everyday": 0.92,
    "rendered_cross_pose": 0.88,
    "rendered_cross_age": 0.85,
    "rendered_large_age_gap": 0.85,
}
REQUIRED_AUC = {"rendered_frontal_profile": 0.80}
DECREASING = ("rendered_everyday", "rendered_cross_pose", "rendered_frontal_profile")  # dlib's accuracy


@dataclass(frozen=True)
class Score:
    """One model on one pack. Accuracy and its standard deviation over ten folds; area under the ROC curve."""

    pack: str
    model: str
    accuracy: float
    spread: float
    auc: float

    def __str__(self) -> str:
        return f"{self.pack:26} {self.model:18} {self.accuracy:.3f} ± {self.spread:.3f}   AUC {self.auc:.3f}"


class RawPixels(Recognizer):
    """The picture itself as its feature: `size`² pixels, grey or coloured, mean removed."""

    def __init__(self, size: int, *, gray: bool) -> None:
        super().__init__()
        self.size, self.gray = size, gray
        name = f"{'grey' if gray else 'colour'} pixels {size}²"
        self.card = RecognizerCard(name, size * size * (1 if gray else 3), size, "nothing", "MIT", "this script")

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        small = F.interpolate(images, size=(self.size, self.size), mode="area")  # (n, 3, size, size)
        small = small.mean(dim=1) if self.gray else small
        flat = small.flatten(1)  # (n, dimension)
        return flat - flat.mean(dim=1, keepdim=True)


class RandomNetwork(Recognizer):
    """A small convolutional network that was never trained."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.card = RecognizerCard(f"random network {seed}", 256, ALIGNED_SIZE, "nothing", "MIT", "this script")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers: list[nn.Module] = []
            for channels, wider in ((3, 32), (32, 64), (64, 128), (128, 256)):
                layers += [nn.Conv2d(channels, wider, 3, stride=2, padding=1), nn.InstanceNorm2d(wider), nn.PReLU()]
            self.network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(256 * 7 * 7, 256)).eval()

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        return self.network(images * 2 - 1)


def shortcuts() -> list[Recognizer]:
    """The models that must fail."""
    return [RawPixels(16, gray=True), RawPixels(ALIGNED_SIZE, gray=False), *(RandomNetwork(seed) for seed in range(3))]


def check_packs(paths: Sequence[Path]) -> tuple[list[Score], list[str]]:
    """Scores of dlib's recogniser and every shortcut on every pack, and what is wrong, in sentences."""
    models = [recognizers.load("dlib"), *shortcuts()]
    scores = []
    for path in paths:
        benchmark = evaluation.load_benchmark(path)
        for model in models:
            result = evaluation.verify(model, benchmark)
            scores.append(Score(path.stem, model.name, result.accuracy, result.accuracy_std, result.auc))
            print(scores[-1], flush=True)
    return scores, find_faults(scores)


def find_faults(scores: Sequence[Score]) -> list[str]:
    """Every requirement that the scores miss; empty if all is well."""
    faults = []
    dlib = {score.pack: score for score in scores if score.model == "dlib"}
    for pack, score in dlib.items():
        if score.accuracy < REQUIRED_ACCURACY.get(pack, 0):
            faults.append(f"{pack}: dlib reaches {score.accuracy:.3f}, wanted {REQUIRED_ACCURACY[pack]:.2f}.")
        if score.auc < REQUIRED_AUC.get(pack, 0):
            faults.append(f"{pack}: dlib's AUC is {score.auc:.3f}, wanted {REQUIRED_AUC[pack]:.2f}.")
    for score in scores:
        if score.model == "dlib":
            continue
        if score.accuracy > SHORTCUT_LIMIT:
            faults.append(f"{score.pack}: {score.model} reaches {score.accuracy:.3f}, allowed {SHORTCUT_LIMIT:.2f}.")
        if score.pack in REQUIRED_ACCURACY and score.accuracy > dlib[score.pack].accuracy - MARGIN:
            faults.append(f"{score.pack}: {score.model} is within {MARGIN:.2f} of dlib.")
    known = [pack for pack in DECREASING if pack in dlib]
    for easier, harder in pairwise(known):
        if dlib[easier].accuracy <= dlib[harder].accuracy:
            faults.append(f"{easier} is not easier than {harder} for dlib.")
    return faults
