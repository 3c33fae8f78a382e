"""Datasets, many images of each identity: drawn (`synthesize`), read (`open`), written (`save`), `validate`d."""

from hyperface.datasets.formats import FORMATS, format_of
from hyperface.datasets.formats import open_dataset as open
from hyperface.datasets.fusing import fuse
from hyperface.datasets.hub import push_to_hub
from hyperface.datasets.labeled import LabeledImages, equal_budget
from hyperface.datasets.records import Skipped
from hyperface.datasets.saving import SavingStep, save, writable_formats
from hyperface.datasets.seen import separation_seen
from hyperface.datasets.synthesis import SynthesisStep, estimate_size, synthesize
from hyperface.datasets.validate import Finding, ValidationStep, validate

__all__ = [
    "FORMATS",
    "Finding",
    "LabeledImages",
    "SavingStep",
    "Skipped",
    "SynthesisStep",
    "ValidationStep",
    "equal_budget",
    "estimate_size",
    "format_of",
    "fuse",
    "open",
    "push_to_hub",
    "save",
    "separation_seen",
    "synthesize",
    "validate",
    "writable_formats",
]
