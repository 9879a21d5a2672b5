"""Five synthetic regimes of stragglers, from single slow rounds to long bursts.

They are Gilbert-Elliott processes meant for 256 workers, 480 rounds and ``per_load: 2.2013 s``. A
good round lasts 0.53 s plus a gamma part (mean 0.14 s, sd 0.094 s), a bad one a fixed part plus an
exponential one.

============ ===== ==== ======== ========= ======== ==========================================
preset       p     q    fixed    exp mean  outliers regime
============ ===== ==== ======== ========= ======== ==========================================
isolated     0.04  1    1.3 s    0.6 s     2e-4     single slow rounds
mild         0.02  0.9  1.15 s   0.12 s    2e-4     rare, short, barely beyond twice the fastest
mild5        0.05  0.9  1.15 s   0.15 s    2e-4     the same, more often
heavy_ge     0.05  0.9  1.1 s    1.0 s     none     far beyond the threshold
sticky       0.02  0.5  1.5 s    1.0 s     none     bursts of two rounds on average
============ ===== ==== ======== ========= ======== ==========================================

Outliers replace a worker-round, good or bad, by 25 to 40 s.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, ClassVar

from netsim.delays.laws.law import Seconds
from netsim.delays.process import DelayConfig, read, sample_into
from netsim.registry import register
from netsim.rng import Streams


class PresetConfig(DelayConfig):
    """A preset has no parameters of its own."""


@functools.cache
def process(p: float, q: float, fixed: str, mean: str, outliers: float) -> DelayConfig:
    """Return the block that a preset stands for."""
    chain = {
        "kind": "gilbert_elliott",
        "p": p,
        "q": q,
        "good": {"dist": "gamma", "shift": "0.53 s", "mean": "0.14 s", "sd": "0.094 s"},
        "bad": {"dist": "shifted_exponential", "shift": fixed, "mean": mean},
    }
    if not outliers:
        return read(chain)
    return read({"kind": "outlier", "base": chain, "probability": outliers})


class Preset:
    """A process with all its parameters given: what `process` takes."""

    parameters: ClassVar[tuple[float, float, str, str, float]]
    source: ClassVar[str] = "after Krishnan et al., Sequential Gradient Coding, 2023, section 4"
    Config: ClassVar[type[DelayConfig]] = PresetConfig

    @classmethod
    def sample(cls, config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in the times of the process that the preset stands for."""
        sample_into(process(*cls.parameters), streams, purpose, out)


@register("delay", "isolated")
class Isolated(Preset):
    """Single slow rounds, and rare cold starts: where sequential coding gains most."""

    parameters = (0.04, 1.0, "1.3 s", "0.6 s", 2e-4)


@register("delay", "mild")
class Mild(Preset):
    """Rare and short bursts barely beyond twice the fastest worker, and rare cold starts."""

    parameters = (0.02, 0.9, "1.15 s", "0.12 s", 2e-4)


@register("delay", "mild5")
class Mild5(Preset):
    """As `mild`, with more than twice as many slow rounds."""

    parameters = (0.05, 0.9, "1.15 s", "0.15 s", 2e-4)


@register("delay", "heavy_ge")
class HeavyGilbertElliott(Preset):
    """Slow rounds far beyond the threshold: waiting for them is dear, coding over rounds loses."""

    parameters = (0.05, 0.9, "1.1 s", "1.0 s", 0.0)


@register("delay", "sticky")
class Sticky(Preset):
    """Bursts of two rounds on average: longer than sequential codes with a short delay tolerate."""

    parameters = (0.02, 0.5, "1.5 s", "1.0 s", 0.0)
