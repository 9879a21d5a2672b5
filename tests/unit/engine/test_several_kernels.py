"""Kernels share a clock: in the order in which they were attached, and as each would be alone."""

from __future__ import annotations

import pytest
from branching_agenda import branching

from netsim.engine.agenda import Agenda
from netsim.engine.clock import NEVER
from netsim.engine.environment import STEPS_PER_SLICE, Environment
from netsim.errors import SimulationError


class Idle:
    """A kernel without anything to do, such as a fabric without flows."""

    now = events = 0

    def peek(self):
        return NEVER

    def advance(self, limit):
        raise AssertionError("called without work")

    def deliver(self):
        raise AssertionError("nothing is awaited")


def test_callbacks_come_by_time_then_order_then_as_they_were_put_down():
    env, log = Environment(), []
    agenda = Agenda(env)

    for time, argument, order in [(5, "c", 1), (5, "a", 0), (2, "first", 9), (5, "b", 0)]:
        agenda.at(time, log.append, argument, order)
    env.run()

    assert log == ["first", "a", "b", "c"]
    assert (env.now, env.events) == (5, 4)


def test_two_agendas_on_one_clock_each_do_what_they_do_alone():
    alone = {}
    for seed in (1, 2):
        env, alone[seed] = Environment(), []
        branching(Agenda(env), alone[seed], seed)
        env.run()
    env, together = Environment(), {1: [], 2: []}
    for seed in (1, 2):
        branching(Agenda(env), together[seed], seed)
    env.run()

    assert together == alone
    assert len(alone[1]) > 100
    assert env.events == sum(map(len, alone.values()))


def test_an_agenda_beside_idle_kernels_does_what_it_does_alone():
    logs = []
    for before, behind in ((0, 0), (1, 0), (0, 1), (2, 2)):
        env, log = Environment(), []
        for _ in range(before):
            env.attach(Idle())
        agenda = Agenda(env)
        for _ in range(behind):
            env.attach(Idle())
        branching(agenda, log, seed=3)
        env.run()
        logs.append((log, env.now, env.events))

    assert logs[1:] == logs[:-1]


def test_at_one_instant_processes_come_first_and_kernels_as_they_were_attached():
    env, log = Environment(), []
    first, second = Agenda(env), Agenda(env)

    second.at(10, log.append, "second")
    first.at(10, log.append, "first")
    env.timeout(10).callbacks.append(lambda _: log.append("process"))
    env.run()

    assert log == ["process", "first", "second"]


def test_an_instant_begins_again_while_anybody_has_work_left_in_it():
    env, log = Environment(), []
    first, second = Agenda(env), Agenda(env)

    def hand_back(_):
        log.append("second")
        first.at(10, log.append, "first again")
        event = env.event()
        event.callbacks.append(lambda _: log.append("process again"))
        event.succeed()

    second.at(10, hand_back)
    second.at(10, log.append, "rest of second")
    first.at(10, log.append, "first")
    env.run()

    # A kernel finishes its instant before others go on; then SimPy's events come, then kernels.
    assert log == ["first", "second", "rest of second", "process again", "first again"]
    assert env.now == 10


def test_a_callback_wakes_a_process_before_any_later_callback():
    env, log = Environment(), []
    agenda = Agenda(env)
    event = env.event()

    def process():
        yield event
        log.append(("process", env.now))
        yield env.timeout(2)
        log.append(("process", env.now))

    env.process(process())
    agenda.at(5, lambda _: event.succeed())
    for time in (6, 7, 8):
        agenda.at(time, lambda _: log.append(("agenda", env.now)))
    env.run()

    assert log == [
        ("process", 5),
        ("agenda", 6),
        ("process", 7),
        ("agenda", 7),
        ("agenda", 8),
    ]


def test_a_process_may_put_callbacks_down_between_those_that_are_there():
    env, log = Environment(), []
    agenda = Agenda(env)
    agenda.at(1, log.append, 1)
    agenda.at(9, log.append, 9)
    env.timeout(4).callbacks.append(lambda _: agenda.at(6, log.append, 6))
    env.timeout(7).callbacks.append(lambda _: log.append(7))
    env.run()

    assert log == [1, 6, 7, 9]


def test_a_run_stops_before_the_callbacks_of_its_end():
    env, log = Environment(), []
    agenda = Agenda(env)
    for time in (10, 20):
        agenda.at(time, log.append, time)

    env.run(20)
    assert (log, env.now) == ([10], 20)
    env.run()
    assert log == [10, 20]


@pytest.mark.parametrize("time", [-1, 4, NEVER, 1.5])
def test_a_callback_in_the_past_or_at_no_integer_time_is_refused(time):
    env = Environment()
    agenda = Agenda(env)
    env.run(5)

    with pytest.raises(SimulationError, match=r"integer of ps|outside the time that is left"):
        agenda.at(time, print)


def test_a_callback_that_raises_ends_the_run_and_the_agenda_can_go_on():
    env, log = Environment(), []
    agenda = Agenda(env)
    agenda.at(3, lambda _: 1 / 0)
    agenda.at(4, log.append, 4)

    with pytest.raises(ZeroDivisionError):
        env.run()
    assert env.now == 3
    agenda.at(3, log.append, 3)
    env.run()

    assert log == [3, 4]


def test_plain_events_beside_idle_kernels_ask_nobody_what_comes_next():
    env, asked = Environment(), []

    class Counting(Idle):
        def peek(self):
            asked.append(env.now)
            return NEVER

    env.attach(Counting())

    def process():
        for _ in range(2 * STEPS_PER_SLICE):
            yield env.timeout(1)

    env.process(process())
    env.run()

    # Once when it was attached, and once at the end.
    assert len(asked) <= 2
