"""A photo that a caller sends: read in memory, its faces found and embedded, and dropped."""

from typing import TYPE_CHECKING

from hyperface import offers
from hyperface.defaults import DETECTOR
from hyperface.errors import NoFaceError
from hyperface.runs import names
from hyperface.ui.api import asked
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.telling import message_of
from hyperface.ui.photos.tab import DETECTORS, MAX_FACES

if TYPE_CHECKING:
    import torch

    from hyperface.faces import Face
    from hyperface.recognizers import Recognizer


def faces_of(photo: object, aligned: object = "auto", detector: object = DETECTOR) -> tuple[list["Face"], str]:
    """The faces of a photo in base64, the largest first, `MAX_FACES` at most; and why there are none, or no more."""
    from hyperface.faces import ALIGNED, faces_in, load_photo

    pixels = load_photo(asked.photo(photo))  # (h, w, 3) uint8
    said = asked.one_of(aligned, "aligned", ALIGNED)
    finder = asked.one_of(detector, "detector", [name for _, name in DETECTORS])
    try:
        found = faces_in(pixels, aligned=said, detector=finder)
    except NoFaceError as error:
        return [], message_of(error)
    more = f"The largest {MAX_FACES} of {len(found)} faces." if len(found) > MAX_FACES else ""
    return found[:MAX_FACES], more


def embeddings_of(recognizer: "Recognizer", faces: list["Face"]) -> "torch.Tensor":
    """Unit rows (m, d) of the faces, of which there is at least one."""
    import torch

    with torch.inference_mode():
        return recognizer.embed(torch.stack([face.image for face in faces]))


def known_recognizer(context: AppContext, value: object) -> "Recognizer":
    """The recogniser of this name: one that can be used here, one trained here, by its run's name, or one whose
    embeddings a packing here has. InputError for any other: a name could as well be a path."""
    from hyperface.recognizers.checkpoints import card_of

    usable = [offer.name for offer in offers.recognizers() if offer.available]
    trained = {run.name: run.path / names.MODEL for run in context.runs("train") if (run.path / names.MODEL).is_file()}
    name = asked.one_of(value, "recognizer", [*usable, *trained])
    return context.recognizer(card_of(trained[name]).name if name in trained else name)
