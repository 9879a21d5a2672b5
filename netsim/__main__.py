"""``python -m netsim``: the same as the command ``netsim``."""

from __future__ import annotations

from netsim.cli.main import main

if __name__ == "__main__":
    main()
