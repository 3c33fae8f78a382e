"""Training a recogniser: margin heads, augmentation, and the loop as an iterator."""

from hyperface.training.heads import HEADS
from hyperface.training.train import TrainingStep, save_recognizer, train

__all__ = ["HEADS", "TrainingStep", "save_recognizer", "train"]
