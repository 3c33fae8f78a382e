"""The protocol of AgeDB-30 as its authors give it out: 04_FINAL_protocol_30_years.mat beside 03_Protocol_Images/.

A MATLAB file whose `splits` are ten cells; each holds a structure with one field, a cell of two rows, in which a column
is a pair; each of its entries is a structure of a photo's name, without .jpg, and an age. Whose photo it is, stands
before the first underscore of the name. Source of the layout: deepinsight/insightface, src/data/agedb2pack.py.
"""

from pathlib import Path

import numpy as np

from hyperface.errors import DatasetError
from hyperface.files import check_regular

PROTOCOL = "04_FINAL_protocol_30_years.mat"
PHOTOS = "03_Protocol_Images"
LARGEST = 2**28  # bytes of a protocol; 12,000 names are far less


def read_agedb(root: Path) -> tuple[list[Path], list[Path], list[bool]]:
    """First and second photo of each pair, in the order of the splits, and whether they show one person.

    DatasetError if the protocol cannot be read. Nothing in it is run.
    """
    file = root / PROTOCOL
    first, second, same = [], [], []
    try:
        for split in _splits(file):
            for column in range(split.shape[1]):
                names = [str(split[row][column][0][0][0][0]) for row in (0, 1)]
                one, other = (root / PHOTOS / f"{Path(name).name}.jpg" for name in names)
                first.append(one)
                second.append(other)
                same.append(names[0].partition("_")[0] == names[1].partition("_")[0])
    except Exception as error:  # a damaged file makes SciPy raise almost anything, and holds anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatasetError(f"{file} is not a readable protocol of AgeDB-30 ({reason}).") from error
    return first, second, same


def _splits(file: Path) -> list[np.ndarray]:
    """The cells (2, pairs) of the splits."""
    from scipy.io import loadmat

    check_regular(file, largest=LARGEST)
    content = loadmat(str(file), variable_names=["splits"])["splits"]
    return [np.asarray(row[0][0][0][0]) for row in content]
