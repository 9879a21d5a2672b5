"""What a policy of generation is: which pairs routers make before anybody asks for them.

A registered policy is a class with a `Config`, a `source` and::

    standing(config) -> int          memories of a router that make pairs all the time
    learned(config, weights, share)  weights of a router's neighbours after a request was served
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from netsim.fields import Config


class GenerationConfig(Config):
    """When neighbours make pairs."""


class GenerationPolicy(Protocol):
    """What a class registered under kind ``generation`` offers."""

    Config: type[GenerationConfig]
    source: ClassVar[str]

    @staticmethod
    def standing(config: Any) -> int:
        """Return how many memories of each router make pairs all the time."""
        ...

    @staticmethod
    def learned(config: Any, weights: list[float], share: list[float]) -> list[float]:
        """Return the weights of a router's neighbours after a request used `share` of each."""
        ...
