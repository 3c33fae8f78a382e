"""Datasets to the Hugging Face Hub, data card and all. HF_TOKEN holds the token, HF_ENDPOINT names another hub."""

import os
from pathlib import Path

from hyperface.errors import DatasetError, InputError


def push_to_hub(folder: Path, repo: str, *, private: bool = False) -> str:
    """Upload a dataset's folder to the dataset repository `owner/name`, which is made unless it is there.

    Returns the address of the new commit. What is there already is not sent again. InputError for a name that no
    repository has, DatasetError, saying what to do, where the hub is not reached or refuses.
    """
    from huggingface_hub import HfApi, errors

    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder, so it cannot be uploaded. Write it first: --to parquet --output …")
    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"), token=os.environ.get("HF_TOKEN"))
    try:
        api.create_repo(repo, repo_type="dataset", private=private or None, exist_ok=True)
        commit = api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            commit_message="Upload with HyperFace",
            ignore_patterns=["*.partial"],
        )
    except errors.HFValidationError as error:
        raise InputError(f"{repo!r} is no repository's name on the hub: write owner/name.") from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else None
        reason = str(error).splitlines()[0]
        if status in (401, 403):
            raise DatasetError(
                f"The hub does not let you write to {repo}. Set HF_TOKEN to a token of yours that may write ({reason})."
            ) from error
        raise DatasetError(f"The hub refused {repo} ({reason}). Try again later; nothing is sent twice.") from error
    except Exception as error:  # transport errors of whichever HTTP library it uses, offline mode
        raise DatasetError(
            f"The Hugging Face Hub cannot be reached ({type(error).__name__}: {error}). Connect to the network, and "
            "unset HF_HUB_OFFLINE."
        ) from error
    return str(commit.commit_url)
