"""What a kind of link is: the odds of an attempt, what a herald means, how attempts are played.

A registered kind is a class with a `Config`, a `source` and::

    model(config, hardware) -> Model                       odds of an attempt, in closed form
    play(config, hardware, generator, round) -> outcome    one round, photon by photon

and optionally::

    place                               share of the fibre between requester and station, else 1/2
    flight(config, light, delay) -> ps  from emission until both know, of the times that light and
                                        messages need; else half of either
    counts_dark                         whether it has a station of two detectors, with their dark
                                        counts and dead time, else not; who plays has it as
                                        `station` then

`model` serves the engine ``jump``, which draws whole runs of attempts; `play` serves the engine
``attempt``, which follows emitters, photons, detectors and dark counts and knows no odds. The two
share no probability, so each tests the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np

from netsim.fields import Config, PositiveTime, field
from netsim.quantum.links.free_space import FreeSpaceConfig
from netsim.quantum.states import State


class LinkConfig(Config):
    """How neighbouring routers make pairs."""

    engine: Literal["jump", "attempt"] = field(
        "jump",
        description="jump: draw whole runs of attempts, exactly; attempt: play every emission, "
        "click and dead time",
    )
    control: Literal["reference", "ideal"] = field(
        "reference",
        description="reference: routers ask, negotiate and poll by messages; ideal: attempts "
        "follow each other at once, each as long as light needs both ways or a memory to recover",
    )
    modes: int = field(
        1,
        description="modes (time bins, colours) tried at once in an attempt",
        ge=1,
        le=1_000_000,
    )
    free_space: FreeSpaceConfig | None = field(
        None, description="arms through the air, to a satellite say, in place of fibre"
    )
    slot: PositiveTime | None = field(
        None,
        description="width of an emission slot of the channel, which holds one emission; default: "
        "emissions at any time",
    )


@dataclass(frozen=True, slots=True)
class Hardware:
    """What an attempt on one link depends on.

    Parameters
    ----------
    arms
        Chances that a photon of either memory is detected: memory, fibre and detector together.
    state
        A pair at its herald, had no detector counted in the dark.
    dark
        Chance that a detector counts in the dark within a window.
    """

    arms: tuple[float, float]
    state: State
    dark: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """An attempt in numbers.

    Parameters
    ----------
    success
        Chance that it makes a pair.
    second
        Chance that a failed one reached its second round.
    rounds
        Rounds of a successful one.
    state
        Of the pair, averaged over heralds that nobody can tell apart.
    from_emission
        Whether the halves decay from the emission on, not from the herald.
    emissions
        Modes of light that an arm carries in one round.
    """

    success: float
    second: float
    rounds: int
    state: State
    from_emission: bool = False
    emissions: int = 1


#: Outcome of a round: whether it goes on (or succeeds), and, of a last one, the pair's true state.
Outcome = tuple[bool, State | None]


class Play(Protocol):
    """One attempt after another, photon by photon."""

    def first(self) -> Outcome:
        """Play a first round."""
        ...

    def second(self) -> Outcome:
        """Play the second round of the attempt whose first round passed."""
        ...


class LinkKind(Protocol):
    """What a class registered under kind ``link`` offers."""

    Config: type[LinkConfig]
    source: ClassVar[str]

    @staticmethod
    def model(config: Any, hardware: Hardware) -> Model:
        """Return the odds of an attempt."""
        ...

    @staticmethod
    def play(config: Any, hardware: Hardware, generator: np.random.Generator) -> Play:
        """Return who plays attempts."""
        ...
