"""The package's version, and the version of its numbers."""

from __future__ import annotations

from typing import Final

__version__: Final = "0.1.0"

#: What the package is installed by: the name `netsim` belongs to another project there. The command
#: and the import stay.
DISTRIBUTION: Final = "netsim-communication"

#: Raised by hand whenever a change may alter the numbers of any scenario. It is part of every
#: point's identity, so that a cached result of older numbers is never taken for a new one.
RESULTS_VERSION: Final = 2
