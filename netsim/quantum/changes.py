"""Routers and links that differ: one entry of `overrides` each, as links of a fabric have them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from netsim.fields import (
    Attenuation,
    Config,
    Frequency,
    OneOf,
    PositiveTime,
    Probability,
    Quantity,
    Ratio,
    field,
)
from netsim.quantum.links.kind import LinkConfig

_Duration = Annotated[float, Quantity("duration", positive=True)]
_Frequency = Annotated[float, Quantity("frequency", positive=True)]


class MemoryChange(Config):
    """What the memories of one router have instead."""

    count: int | None = field(None, description="memories, as in `memory`", ge=1, le=1024)
    frequency: _Frequency | None = field(None, description="how often one can be excited")
    efficiency: Probability | None = field(None, description="chance that its photon leaves")
    coherence: _Duration | None = field(None, description="mean time between Pauli errors")
    t1: _Duration | None = field(None, description="relaxation time, with t2")
    t2: _Duration | None = field(None, description="coherence time, at most twice t1")
    cutoff: PositiveTime | None = field(None, description="age at which a pair is given up")

    @property
    def given(self) -> dict[str, Any]:
        """What is said, by field; one law of decay takes the place of the other."""
        found = {name: getattr(self, name) for name in self.model_fields_set}
        if "coherence" in found:
            return {"t1": None, "t2": None, **found}
        return {"coherence": None, **found} if found.keys() & {"t1", "t2"} else found


class DetectorChange(Config):
    """What the detectors of one link have instead."""

    efficiency: Probability | None = field(None, description="chance that a photon is detected")
    dark_count: Frequency | None = field(None, description="counts without light")
    count_rate: _Frequency | None = field(None, description="most counts per second")

    @property
    def given(self) -> dict[str, Any]:
        """What is said, by field."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Override(Config):
    """A router, or the link between two neighbours, that differs from the others."""

    router: str | None = field(None, description="name of the router")
    between: str | None = field(None, description="names of two neighbours: r0-r1")
    memory: MemoryChange = field({}, description="the memories of that router")
    detector: DetectorChange | None = field(None, description="the detectors of that link")
    attenuation: Attenuation | None = field(None, description="loss of that fibre")
    raw_fidelity: Annotated[float, Ratio(0.25, 1.0)] | None = field(
        None, description="fidelity of that link's pairs at their herald"
    )
    link: Annotated[LinkConfig, OneOf("link")] | None = field(
        None, description="how these two make pairs"
    )

    def ends(self, names: Collection[str]) -> tuple[str, str] | None:
        """Return the two routers that `between` names, None where it names no two of `names`."""
        parts = (self.between or "").split("-")
        for at in range(1, len(parts)):
            one, other = "-".join(parts[:at]), "-".join(parts[at:])
            if one in names and other in names:
                return one, other
        return None
