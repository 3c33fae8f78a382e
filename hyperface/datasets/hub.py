"""Datasets to the Hugging Face Hub, data card and all. HF_TOKEN holds the token, HF_ENDPOINT names another hub."""

from pathlib import Path

from hyperface.errors import DatasetError, InputError
from hyperface.uploads import hub_api, uploading


def push_to_hub(folder: Path, repo: str, *, private: bool = False) -> str:
    """Upload a dataset's folder to the dataset repository `owner/name`, which is made unless it is there.

    Returns the address of the new commit. What is there already is not sent again. InputError for a name that no
    repository has, DatasetError, saying what to do, where the hub is not reached or refuses.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder, so it cannot be uploaded. Write it first: --to parquet --output …")
    api = hub_api()
    with uploading(repo, DatasetError):
        api.create_repo(repo, repo_type="dataset", private=private or None, exist_ok=True)
        commit = api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            commit_message="Upload with HyperFace",
            ignore_patterns=["*.partial"],
        )
    return str(commit.commit_url)
