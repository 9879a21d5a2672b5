"""How a router's message gets to another router: after the delay of the way between them.

Messages of one pair of routers never overtake each other. What happens at their arrival has a
class, as all events of an agenda.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment


class Post:
    """Messages that take a constant time.

    Parameters
    ----------
    env, agenda
        The clock, and where events go.
    """

    def __init__(self, env: Environment, agenda: Agenda) -> None:
        self._env, self._agenda = env, agenda

    def send(
        self,
        source: int,
        target: int,
        delay: int,
        function: Callable[[Any], object],
        argument: Any,
        order: int = 0,
    ) -> None:
        """Call ``function(argument)`` when a message from `source` is at `target`.

        Parameters
        ----------
        source, target
            Routers.
        delay
            Of the way between them (ps), as their fibres say.
        function, argument
            What the message does.
        order
            Class of its arrival.
        """
        self._agenda.at(self._env.now + delay, function, argument, order)
