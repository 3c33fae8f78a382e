"""What a dataset is worth, before anything is trained on it."""

from hyperface.evaluation.worth.advice import Row, advise
from hyperface.evaluation.worth.heads import Balance, KnownPictures
from hyperface.evaluation.worth.looks import Looks
from hyperface.evaluation.worth.measure import (
    MOST_PEOPLE,
    MOST_PICTURES,
    Background,
    Leakage,
    Sample,
    Worth,
    WorthStep,
    measure,
)
from hyperface.evaluation.worth.people import SeenPeople
from hyperface.evaluation.worth.vendi import vendi_score

__all__ = [
    "MOST_PEOPLE",
    "MOST_PICTURES",
    "Background",
    "Balance",
    "KnownPictures",
    "Leakage",
    "Looks",
    "Row",
    "Sample",
    "SeenPeople",
    "Worth",
    "WorthStep",
    "advise",
    "measure",
    "vendi_score",
]
