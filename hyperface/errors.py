"""Errors meant for a person: what went wrong, why, and what to do about it.

The command line prints the message and exits with status 2, the app shows it as a toast.
Any other exception is a bug and keeps its traceback.
"""


class HyperFaceError(Exception):
    """Base of every error whose message is written for the user."""


class AssetError(HyperFaceError):
    """A file that ships with HyperFace is missing or damaged."""


class UnknownNameError(HyperFaceError):
    """A name that no registry entry answers to."""


class InputError(HyperFaceError):
    """A value, array or tensor that cannot be used as given."""


class PhotoError(HyperFaceError):
    """A file that cannot be read as a photo."""


class NoFaceError(HyperFaceError):
    """A photo in which no face was found."""


class CheckpointError(HyperFaceError):
    """Weights or saved state that cannot be loaded."""


class DatasetError(HyperFaceError):
    """A dataset or benchmark that cannot be read or written."""


class RunError(HyperFaceError):
    """A run folder that cannot be created, read or resumed."""


class TrainingError(HyperFaceError):
    """A training run that cannot go on."""


class DeviceError(HyperFaceError):
    """A device that is not there, or has too little memory."""


def require(condition: bool, message: str) -> None:
    """InputError with this message unless the condition holds."""
    if not condition:
        raise InputError(message)
