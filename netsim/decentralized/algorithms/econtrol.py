"""Error control: what compression left out is fed back with a strength of choice.

D_i = C(eta e_i + g_i - h_i); x -= lr mean(h_i + D_i); e_i += g_i - h_i - D_i; h_i += D_i, with
h_i = C(g_i) and e_i = 0 at the start: our reading of the method. By default eta is half of the
compressor's delta, 1/2 k/d; too large a value diverges.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.algorithms.ef21 import Ef21
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Turn
from netsim.decentralized.server import SERVER, ServerConfig
from netsim.fields import field
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "econtrol")
class EControl(Ef21):
    """A server descends along estimates whose errors are fed back."""

    source: ClassVar[str] = "Gao, Islamov, Stich, EControl, ICLR 2024"
    vectors: ClassVar[int] = 3
    passing: ClassVar[int] = 5

    class Config(ServerConfig):
        """Clients of a round, and the strength of the feedback."""

        eta: float | None = field(
            None, description="strength of the feedback; default: half the share that is kept", gt=0
        )

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        super().__init__(config, peers, streams)  # type: ignore[arg-type]
        self._error = np.zeros_like(peers.theta)
        self._eta = config.eta if config.eta is not None else peers.kept_share / 2

    def turn(self, turn: Turn) -> None:
        """Send compressed corrections and descend along them."""
        peers, estimate, error = self._peers, self._estimate, self._error
        clients, _ = self._server.clients(turn)
        if not len(clients):
            return
        gradient = self._gradient(clients, turn.round)
        first = ~self._begun[clients]
        if first.any():
            self._update(turn, clients[first], gradient[first], 1)
            self._begun[clients] = True
        wanted = self._eta * error[clients] + gradient - estimate[clients]
        sent, length = peers.compressed(turn, clients, wanted, 0)
        self._server.count(clients, clients, peers.theta[SERVER].nbytes, length)
        peers.theta[SERVER] -= peers.lr * (estimate[clients] + sent).mean(axis=0)
        error[clients] += gradient - estimate[clients] - sent
        estimate[clients] += sent
        peers.theta[clients] = peers.theta[SERVER]
