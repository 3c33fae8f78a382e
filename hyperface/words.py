"""Quantities in words, for the terminal and the page."""


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 90:
        whole = max(round(seconds), 1)
        return f"{whole} second" if whole == 1 else f"{whole} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"
