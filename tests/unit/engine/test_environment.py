"""Integer time, exclusive ends, observers, and stalls that are told."""

from __future__ import annotations

import pytest

from netsim.engine.clock import NEVER, SECOND, later, to_seconds
from netsim.engine.environment import STEPS_PER_SLICE, Environment
from netsim.engine.stall import spoken
from netsim.errors import SimulationError, StalledError


class Beeper:
    """A kernel with one event at each of the given times; some are awaited."""

    def __init__(self, env, times, awaited=()):
        self.times, self.awaited = list(times), dict(awaited)
        self.now, self.events, self.limits = 0, 0, []
        env.attach(self, role="fabric")

    def peek(self):
        return self.times[0] if self.times else NEVER

    def advance(self, limit):
        self.limits.append(limit)
        while self.times and self.times[0] < limit:
            self.now = self.times.pop(0)
            self.events += 1
            if self.now in self.awaited:
                return True
        return False

    def deliver(self):
        self.awaited.pop(self.now).succeed()


@pytest.mark.parametrize("delay", [1.0, 0.5, True])
def test_a_delay_that_is_not_an_integer_is_refused(delay):
    env = Environment()

    with pytest.raises(SimulationError, match="integer number of ps"):
        env.timeout(delay)


def test_the_clock_is_an_integer_and_never_wraps():
    env = Environment()

    env.timeout(3)
    env.run()

    assert (env.now, type(env.now)) == (3, int)
    with pytest.raises(SimulationError, match="106 days"):
        env.timeout(NEVER)
    with pytest.raises(SimulationError, match="overflows"):
        later(NEVER - 1, 1)
    assert to_seconds(3 * SECOND // 2) == 1.5


def test_an_end_is_exclusive():
    env, seen = Environment(), []

    def process():
        for _ in range(3):
            yield env.timeout(10)
            seen.append(env.now)

    env.process(process())
    env.run(20)

    assert (seen, env.now) == ([10], 20)
    env.run()
    assert seen == [10, 20, 30]


@pytest.mark.parametrize("until", [0, -5, 1.5])
def test_an_end_that_is_not_a_later_integer_is_refused(until):
    with pytest.raises(SimulationError, match="integer time after now"):
        Environment().run(until)


def test_the_kernel_runs_to_strictly_before_the_next_event():
    env = Environment()
    kernel = Beeper(env, [5, 10, 15])
    seen = []

    def process():
        yield env.timeout(10)
        seen.append(kernel.now)

    env.process(process())
    env.run()

    assert seen == [5]
    assert kernel.limits == [10, NEVER]
    assert env.now == 15


def test_an_awaited_end_wakes_its_process_at_its_time():
    env, seen = Environment(), []
    over = env.event()
    Beeper(env, [5, 10, 15], {10: over})

    def process():
        yield over
        seen.append(env.now)

    env.process(process())
    env.run()

    assert (seen, env.now) == ([10], 15)


def test_running_until_an_event_returns_its_value_at_its_time():
    env = Environment()
    event = env.timeout(7, value="done")
    env.timeout(9)

    assert env.run(event) == "done"
    assert env.now == 7
    assert env.run(event) == "done"


def test_a_second_fabric_is_refused():
    env = Environment()
    Beeper(env, [])

    with pytest.raises(SimulationError, match="one fabric"):
        Beeper(env, [])


def test_observers_are_told_of_slices_of_both_engines():
    env, told = Environment(), []

    class Observer:
        def on_slice(self, now, events):
            told.append((now, events))

    class Blind:
        pass

    env.observe(Observer())
    env.observe(Blind())
    Beeper(env, [5])
    for _ in range(STEPS_PER_SLICE):
        env.timeout(10)
    env.run()

    assert told == [(5, 1), (10, STEPS_PER_SLICE + 1)]


def test_a_stall_names_time_number_and_the_first_who_wait():
    env = Environment()
    for rank in range(5):
        env.expect(env.event(), lambda rank=rank: f"rank {rank}: recv", group="ranks", total=64)
    env.timeout(1_204_000_000)

    with pytest.raises(StalledError) as told:
        env.run()

    assert str(told.value) == (
        "simulation stalled at t=1.204 ms: event queue empty but 5 of 64 ranks wait "
        "(rank 0: recv; rank 1: recv; rank 2: recv; ...)"
    )


def test_an_event_that_cannot_come_is_a_stall_and_one_that_came_is_not():
    env = Environment()
    done = env.timeout(5)
    env.expect(done, "a process")
    env.run()

    with pytest.raises(StalledError, match="1 processes wait"):
        env.run(env.event())


def test_many_expectations_that_are_over_are_forgotten():
    env = Environment()
    for _ in range(5000):
        env.expect(env.timeout(0), "somebody")
        env.run()

    assert len(env._expectations._waits) <= 1025


@pytest.mark.parametrize(
    ("time", "text"), [(0, "0 ps"), (999, "999 ps"), (1500, "1.5 ns"), (2 * SECOND, "2 s")]
)
def test_times_are_spoken_in_the_unit_that_fits(time, text):
    assert spoken(time) == text


def test_a_probe_looks_before_everything_else_at_its_instant_and_not_after_the_last_event():
    env, log = Environment(), []
    kernel = Beeper(env, (4, 10, 25))
    env.timeout(10).callbacks.append(lambda _: log.append("process"))

    env.probe(10, lambda now: log.append((now, kernel.now)))
    env.run()

    assert log == [(10, 4), "process", (20, 10)]
    assert env.now == 25


def test_a_run_without_kernel_is_probed_as_long_as_events_are_left():
    env, seen = Environment(), []
    env.timeout(35)

    env.probe(10, seen.append)
    env.run()

    assert seen == [10, 20, 30]


def test_a_probe_that_sees_nothing_passes_over_the_instants_before_the_next_event():
    env, seen = Environment(), []
    Beeper(env, (4, 1_000_003))
    env.timeout(5_000_007)

    def look(now):
        seen.append(now)
        return True

    env.probe(10, look)
    env.run()

    # The instants after an event and the last ones before the next.
    assert seen == [10, 1_000_000, 1_000_010, 5_000_000]


def test_neither_the_end_nor_the_number_of_events_depends_on_probes():
    def outcome(*intervals):
        env = Environment()
        wanted = env.event()
        Beeper(env, (4, 10, 25), {10: wanted})
        wanted.callbacks.append(lambda _: env.timeout(3))
        for every in intervals:
            env.probe(every, lambda now: None)
        env.run()
        return env.now, env.events

    assert outcome() == outcome(7) == outcome(1, 10) == (25, 5)


def test_a_probe_stops_at_an_end_that_was_given():
    env, seen = Environment(), []
    env.timeout(100)

    env.probe(10, seen.append)
    env.run(until=25)

    assert (seen, env.now) == ([10, 20], 25)


@pytest.mark.parametrize("every", [0, -1, 1.5])
def test_an_interval_of_probes_is_a_positive_integer(every):
    with pytest.raises(SimulationError, match="positive integer"):
        Environment().probe(every, lambda now: None)


def test_what_ends_in_the_kernel_and_nobody_waits_for_does_not_let_a_process_run_ahead():
    env, log = Environment(), []
    kernel = Beeper(env, (2, 4), {2: env.event()})
    kernel.deliver = lambda: kernel.awaited.pop(kernel.now)
    env.timeout(9).callbacks.append(lambda _: log.append(kernel.now))

    env.run()

    assert log == [4]


def test_an_event_that_fails_unseen_ends_the_run_with_its_failure():
    env = Environment()
    env.event().fail(ValueError("lost"))

    with pytest.raises(ValueError, match="lost"):
        env.run()


def test_who_waits_for_the_event_that_ends_a_run_goes_on_in_the_next_run():
    env, seen = Environment(), []
    end = env.timeout(5)

    def process():
        yield end
        seen.append(env.now)

    # The run's own callback is there first, so the process has not been resumed when it ends.
    env.timeout(0).callbacks.append(lambda _: env.process(process()))
    env.run(end)
    env.run()

    assert seen == [5]


def test_observers_are_told_from_within_an_event_that_takes_long():
    env, told = Environment(), []

    class Observer:
        def on_slice(self, now, events):
            told.append((now, events))

    env.observe(Observer())
    env.timeout(7).callbacks.append(lambda _: env.tell())
    env.run()

    assert told == [(7, 0)]
