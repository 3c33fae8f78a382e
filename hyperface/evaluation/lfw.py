"""LFW's photographs and pairs, through scikit-learn's downloader (figshare, about 230 MB, once)."""

from pathlib import Path

from hyperface.errors import AssetError


def fetch_lfw(folder: str | Path | None = None) -> Path:
    """Folder with LFW's photos (250×250, funneled) and pairs.txt, downloaded unless it is there already.

    folder: where scikit-learn keeps its data; its own default if not given. AssetError, saying what to do, where the
    download does not work.
    """
    try:
        from sklearn.datasets import fetch_lfw_pairs, get_data_home
    except ImportError:
        raise AssetError("LFW's download goes through scikit-learn: pip install scikit-learn.") from None

    home = Path(get_data_home(None if folder is None else str(folder))) / "lfw_home"
    if not _is_whole(home):
        try:
            # It downloads everything, whichever subset is asked for; this one is read quickest.
            fetch_lfw_pairs(subset="test", data_home=None if folder is None else str(folder), color=True)
        except (OSError, ValueError) as error:  # URLError and a wrong checksum are OSErrors
            raise AssetError(
                f"LFW could not be downloaded ({error}). Put its photos and pairs.txt into a folder and name the "
                "folder instead, or take lfw.bin from InsightFace's dataset zoo."
            ) from error
    if not _is_whole(home):
        raise AssetError(f"scikit-learn left no photos in {home}. Remove that folder and try again.")
    return home


def _is_whole(home: Path) -> bool:
    return (home / "pairs.txt").is_file() and (home / "lfw_funneled").is_dir()
