"""Training a recogniser: margin heads, augmentation, and the loop as an iterator."""

from hyperface.training.heads import HEADS
from hyperface.training.loop import TrainingStep
from hyperface.training.speed import measure_speed
from hyperface.training.train import check_wishes, save_recognizer, train

__all__ = ["HEADS", "TrainingStep", "check_wishes", "measure_speed", "save_recognizer", "train"]
