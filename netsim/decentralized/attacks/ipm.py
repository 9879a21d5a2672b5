"""Progress reversed: what all would have if they had gone the other way.

With m the honest models' mean of the round before (at first: what they would send now) and m' that
of this round, attackers send m - eps (m' - m): the inner product of their step with the honest one
is negative. The paper has gradients, of which it sends -eps times the mean; models are where such
steps lead.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.attack import Array, AttackConfig, Integers
from netsim.fields import field
from netsim.registry import register


@register("attack", "ipm")
class Ipm:
    """Sends the honest mean of before, moved against the honest nodes' progress."""

    source: ClassVar[str] = "Xie, Koyejo, Gupta, Fall of Empires, UAI 2019"
    example: ClassVar[dict[str, Any]] = {"fraction": 0.2}

    class Config(AttackConfig):
        """Who, and how far."""

        eps: float = field(0.1, description="steps against one of progress", gt=0)

    def __init__(self, config: Config, key: int) -> None:
        self._eps = config.eps
        self._before: Array | None = None

    def forge(self, vectors: Array, attackers: Integers, honest: Integers, turn: int) -> Array:
        """Return m - eps (m' - m)."""
        now = vectors[honest].mean(axis=0)
        before = now if self._before is None else self._before
        self._before = now
        forged = before - vectors.dtype.type(self._eps) * (now - before)
        return np.repeat(forged[None], len(attackers), axis=0)
