"""Run the product's round engine without scenario files: for comparison with the naive twins."""

from __future__ import annotations

import numpy as np
import simpy

from netsim.registry import lookup
from netsim.rng import Streams
from netsim.stragglers.rounds import Rounds
from netsim.stragglers.waiting import WaitConfig
from netsim.stragglers.work import DrawnTimes


class Follower:
    """Keep every closed round, and every round's tasks."""

    def __init__(self):
        self.rounds, self.assignments = [], []

    def opened(self, r, assignment):
        self.assignments.append(assignment)

    def closed(self, ended):
        self.rounds.append(ended)

    @property
    def durations(self):
        return [(ended.end - ended.start) / 1e12 for ended in self.rounds]

    @property
    def stragglers(self):
        return [set(np.flatnonzero(ended.late).tolist()) for ended in self.rounds]

    @property
    def waited(self):
        return [ended.waited for ended in self.rounds]

    def completion(self, jobs):
        done = {d.job: ended.index for ended in self.rounds for d in ended.decodings}
        return [done.get(job) for job in range(jobs)]


def make(name, workers, rule="model", seed=0, **parameters):
    """Return the scheme called `name`; write lambda as `lam`."""
    if "lam" in parameters:
        parameters["lambda"] = parameters.pop("lam")
    scheme = lookup("code", name)
    config = scheme.Config.model_validate(parameters)
    return scheme(config, workers, rule=rule, streams=Streams(seed))


def play(scheme, jobs, finish, load_mode="constant", per_load=0.0, **wait):
    follower = Follower()
    env = simpy.Environment()
    rounds = Rounds(env, scheme, jobs, load_mode=load_mode, listeners=[follower])
    times = DrawnTimes(env, np.asarray(finish, dtype=float), per_load)
    env.process(rounds.run(times, WaitConfig(rule=scheme.rule, **wait)))
    env.run()
    return follower


def replay(scheme, jobs, pattern):
    """`pattern`: a list of sets of stragglers."""
    follower = Follower()
    rounds = Rounds(simpy.Environment(), scheme, jobs, listeners=[follower])
    marked = np.zeros((len(pattern), scheme.workers), dtype=bool)
    for r, late in enumerate(pattern):
        marked[r, list(late)] = True
    rounds.replay(marked)
    return follower
