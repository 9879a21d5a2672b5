"""A server that waits for nobody: clients get its model, train, and send back what came of it.

Node 0 is the server in the middle of a star. A client that is there holds its model of one version;
how many versions the server has made since is the lag of what it sends. Whoever loses a message, or
returns, gets the newest model when that is known.
"""

from __future__ import annotations

from collections.abc import Callable

from netsim.decentralized.clock.stage import Stage
from netsim.decentralized.server import SERVER

#: Called with the client, the version that it trained and that it began with, and the lag.
Answer = Callable[[int, int, int, int], object]


class Clients:
    """The clients of a server.

    Parameters
    ----------
    stage
        Where all of it happens.
    answer
        Takes what a client sends; the two versions are its to release.
    idle
        Called when no client is about anything any more.
    """

    def __init__(self, stage: Stage, answer: Answer, idle: Callable[[], object]) -> None:
        self._stage, self._answer, self._idle = stage, answer, idle
        #: Versions that the server has made.
        self.made = 0
        self._newest = -1
        #: What every client is about: begins anew whenever it gets a model.
        self._task = [0] * stage.nodes
        self.active: set[int] = set()

    def publish(self) -> None:
        """Keep the server's model as its newest version."""
        operations = self._stage.operations
        if self._newest >= 0:
            operations.release(self._newest)
            self.made += 1
        self._newest = operations.save(SERVER)

    def give(self, client: int) -> None:
        """Send the newest model to a client that can be reached, and has trainings left."""
        stage = self._stage
        if (
            client not in stage.neighbours(SERVER)
            or not stage.alive(SERVER)
            or not stage.holders[client]
            or stage.trainings[client] >= stage.rounds
        ):
            return
        self._task[client] += 1
        self.active.add(client)
        stage.operations.share(self._newest)
        what = (self._task[client], self._newest, self.made)
        stage.send(SERVER, client, self._got, what)

    def drop(self, client: int) -> None:
        """Let a client be about nothing."""
        self._task[client] += 1
        self._rest(client)

    def _rest(self, client: int) -> None:
        self.active.discard(client)
        if not self.active:
            self._idle()

    def _got(self, _: int, client: int, what: tuple[int, int, int], arrived: bool) -> None:
        task, version, _ = what
        stage = self._stage
        if not arrived or task != self._task[client]:
            stage.operations.release(version)
            self._lost(client, task)
            return
        stage.operations.load(client, version)
        stage.compute(client, self._trained, what)

    def _trained(self, client: int, what: tuple[int, int, int]) -> None:
        stage = self._stage
        stage.operations.train(client, stage.trainings[client] - 1)
        trained = stage.operations.save(client)
        stage.send(client, SERVER, self._came, (*what, trained))

    def _came(self, client: int, _: int, what: tuple[int, int, int, int], arrived: bool) -> None:
        task, version, made, trained = what
        stage = self._stage
        if not arrived:
            stage.operations.release(version)
            stage.operations.release(trained)
            self._lost(client, task)
            return
        lag = self.made - made
        stage.took(SERVER, lag)
        self.active.discard(client)
        self._answer(client, trained, version, lag)
        if not self.active:
            self._idle()

    def _lost(self, client: int, task: int) -> None:
        """Give a client a model again, when it is known that a message was lost."""
        if task == self._task[client]:
            self._stage.patience(self._again, (client, task))

    def _again(self, what: tuple[int, int]) -> None:
        client, task = what
        if task == self._task[client]:
            if client in self._stage.neighbours(SERVER):
                self.give(client)
            else:
                self._rest(client)
