"""Folders to the Hugging Face Hub. HF_TOKEN holds the token, HF_ENDPOINT names another hub."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hyperface.errors import HyperFaceError, InputError

if TYPE_CHECKING:
    from huggingface_hub import HfApi


def hub_api() -> HfApi:
    """What talks to the hub that the environment names. Nothing is asked of it yet."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), token=os.environ.get("HF_TOKEN"))


@contextmanager
def uploading(repo: str, failure: type[HyperFaceError]) -> Iterator[None]:
    """Inside, what the hub refuses and what does not reach it becomes an error that says what to do.

    failure: of which class. InputError for a name that no repository has.
    """
    from huggingface_hub import errors

    try:
        yield
    except HyperFaceError:
        raise
    except errors.HFValidationError as error:
        raise InputError(f"{repo!r} is no repository's name on the hub: write owner/name.") from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else None
        reason = str(error).splitlines()[0]
        if status in (401, 403):
            raise failure(
                f"The hub does not let you write to {repo}. Set HF_TOKEN to a token of yours that may write ({reason})."
            ) from error
        if status == 402:
            raise failure(f"The hub asks to be paid for {repo} ({reason}).") from error
        raise failure(f"The hub refused {repo} ({reason}). Try again later; nothing is sent twice.") from error
    except Exception as error:  # transport errors of whichever HTTP library it uses, offline mode
        raise failure(
            f"The Hugging Face Hub cannot be reached ({type(error).__name__}: {error}). Connect to the network, and "
            "unset HF_HUB_OFFLINE."
        ) from error
