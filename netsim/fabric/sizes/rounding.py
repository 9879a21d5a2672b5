"""From drawn reals to whole bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: No drawn flow is larger (16 TiB); the unbounded distributions reach it with no practical chance.
LARGEST: Final = 2**44


def whole_bytes(sizes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return `sizes` rounded up, at least 1 B, at most `LARGEST`."""
    return np.ceil(np.clip(sizes, 1.0, float(LARGEST))).astype(np.int64)
