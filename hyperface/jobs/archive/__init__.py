"""A whole run in one file, to be kept elsewhere and restored: a zip with the run's folder in it.

A run that is restored is a stranger's file, whoever brings it: `checked` and `kinds` say what is believed of it.
"""

from hyperface.jobs.archive.bounds import Bounds
from hyperface.jobs.archive.reading import restore
from hyperface.jobs.archive.writing import archive_name, archived, write_archive

__all__ = ["Bounds", "archive_name", "archived", "restore", "write_archive"]
