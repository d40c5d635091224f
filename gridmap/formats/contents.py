"""What stands in a file, before anybody asks whether it is right."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

LOST_DIGITS = "\x00digits"  # stands for a cell whose number was longer than its file can hold


@dataclass(frozen=True)
class Content:
    """Rows of a file, or a part of them.

    Attributes
    ----------
    file
        Name of the file, as errors show it.
    frame
        Attributes by the file's own column names, indexed by row number (as a spreadsheet counts, the first
        row below the header is 2) or feature id.
    shapes
        Shape (n,) of shapely geometries in the file's system; None for a table.
    crs
        The system the file names, None when it names none.
    feature
        Whether the index holds feature ids.
    unclosed
        Shape (n,): rows whose rings had to be closed to be read; None = none.
    """

    file: str
    frame: pd.DataFrame
    shapes: npt.NDArray[np.object_] | None = None
    crs: str | None = None
    feature: bool = False
    unclosed: npt.NDArray[np.bool_] | None = None

    def unclosed_rows(self) -> npt.NDArray[np.bool_]:
        """Mask of the rows whose rings had to be closed."""
        return np.zeros(len(self.frame), dtype=bool) if self.unclosed is None else self.unclosed
