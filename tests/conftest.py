"""Generated examples are the same in every run, and no test fails because a machine is slow.

`pytest --hypothesis-profile explore` looks at new examples instead.
"""

from __future__ import annotations

import logging

import pytest
from hypothesis import HealthCheck, settings

# Fixtures of one test are shared by its examples: folders, in which each writes its own files.
ALLOWED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

settings.register_profile("explore", deadline=None, suppress_health_check=ALLOWED)
settings.register_profile("repeat", settings.get_profile("explore"), derandomize=True)
settings.load_profile("repeat")


@pytest.fixture(autouse=True)
def _log_as_a_fresh_process_has_it():
    """Undo what commands, run within earlier tests and their fixtures, did to netsim's own log."""
    own = logging.getLogger("netsim")
    own.setLevel(logging.NOTSET)
    own.propagate = True
    own.handlers.clear()
