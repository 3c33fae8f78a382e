"""Messages without the folders of the machine that wrote them."""

import re
from pathlib import Path

_FOLDERS = re.compile(r"(?<![\w:/.])/(?:[^\s/:;,“”'\"()]+/)+")


def without_folders(text: str, *known: Path) -> str:
    """A message that names the same files and runs, but not where this machine keeps them.

    known: folders whose names may hold what ends a path elsewhere in a text, such as spaces.
    """
    for folder in known:
        text = text.replace(f"{folder}/", "")
    return _FOLDERS.sub("", text)
