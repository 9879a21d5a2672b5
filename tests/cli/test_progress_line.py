from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios

import pytest

from netsim.progress import CountLine, ProgressLine


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Work:
    def __init__(self, share):
        self.share = share

    def progress(self):
        return self.share


@pytest.fixture
def clock():
    return Clock()


def test_the_line_shows_work_simulated_time_speed_and_time_left(clock):
    stream = Terminal()
    line = ProgressLine(stream, clock)
    line.begin(2, 3, Work(0.625), until=None)
    clock.now = 10.0

    line.on_slice(1_940_000_000, 4_120_000)

    # 62.5 % in 10 s leave 10 / 0.625 x 0.375 = 6 s, and no replication after this one. Of the run
    # 2.625 of 3 replications are done: 87.5 %, 14 of 16 marks.
    expected = "  rep 3/3  ##############--  88%  1.94 ms simulated  412k events/s  ETA 0:06"
    assert stream.getvalue() == "\r\x1b[K" + expected


def test_replications_to_come_count_towards_the_time_left(clock):
    stream = Terminal()
    line = ProgressLine(stream, clock)
    work = Work(0.0)
    line.begin(0, 5, work, until=None)
    line.on_slice(1, 1)
    clock.now, work.share = 60.0, 0.5

    line.on_slice(1, 1)

    # 120 s each; half of this one and four more: 540 s.
    assert stream.getvalue().endswith("ETA 9:00")


def test_without_known_work_the_end_of_simulated_time_gives_the_share(clock):
    stream = Terminal()
    line = ProgressLine(stream, clock)
    line.begin(0, 1, Work(None), until=4_000_000)
    line.on_slice(0, 0)
    clock.now = 1.0

    line.on_slice(1_000_000, 10)

    assert "  25%  " in stream.getvalue()
    assert "ETA 0:03" in stream.getvalue()


def test_without_known_work_or_end_no_time_left_is_guessed(clock):
    stream = Terminal()
    line = ProgressLine(stream, clock)
    line.begin(0, 1, Work(None), until=None)
    line.on_slice(0, 0)
    clock.now = 1.0

    line.on_slice(1_000_000, 12_300_000)

    assert stream.getvalue() == "\r\x1b[K  rep 1/1  1 us simulated  12.3M events/s"


def test_the_time_that_compiling_takes_is_no_part_of_speed_and_time_left(clock):
    stream = io.StringIO()
    work = Work(0.0)
    line = ProgressLine(stream, clock)
    line.begin(0, 1, work, until=None)
    # The first slice compiles for 50 s and does 2 % of the work.
    clock.now, work.share = 50.0, 0.02
    line.on_slice(1_000_000, 1_000)
    clock.now, work.share = 60.0, 0.52
    line.on_slice(2_000_000, 26_000)

    # 50 % in the 10 s after it: 48 % take 9.6 s, and 25,000 events are 2,500 a second.
    first, second = stream.getvalue().splitlines()
    assert "events/s" not in first
    assert "ETA" not in first
    assert second.endswith("2.5k events/s  ETA 0:10")


def test_a_terminal_is_redrawn_ten_times_a_second_at_most(clock):
    stream = Terminal()
    line = ProgressLine(stream, clock)
    line.begin(0, 1, Work(0.5), until=None)
    for step in range(1, 1001):
        clock.now = step / 1000
        line.on_slice(step, step)

    assert 9 <= stream.getvalue().count("\r") <= 10


def test_a_log_file_gets_a_plain_line_every_ten_seconds_at_most(clock):
    stream = io.StringIO()
    line = ProgressLine(stream, clock)
    for replication in range(3):
        line.begin(replication, 3, Work(0.5), until=None)
        for _ in range(90):
            clock.now += 0.1
            line.on_slice(1, 1)
        line.end()

    assert stream.getvalue().count("\n") == 2
    assert "\r" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_the_end_leaves_an_empty_line(clock):
    stream = Terminal()
    line = ProgressLine(stream, clock)
    line.begin(0, 1, Work(0.5), until=None)
    clock.now = 1.0
    line.on_slice(1, 1)
    line.end()
    line.end()

    assert stream.getvalue().endswith("\r\x1b[K")
    assert stream.getvalue().count("\x1b[K") == 2


def test_a_closed_stream_does_not_end_the_run(clock):
    class Closed(Terminal):
        attempts = 0

        def flush(self):
            self.attempts += 1
            raise BrokenPipeError

    stream = Closed()
    line = ProgressLine(stream, clock)
    line.begin(1, 2, Work(0.5), None)
    for _ in range(3):
        clock.now += 10
        line.on_slice(1, 100)
    line.end()

    assert stream.attempts == 4  # three redraws, and the line's removal


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 200])
def test_the_line_never_reaches_the_edge_of_the_terminal(clock, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Terminal()
    line = ProgressLine(stream, clock)
    line.begin(99, 100, Work(0.5), until=None)
    clock.now = 36_000.0

    line.on_slice(123_456_000_000, 4_120_000_000)

    shown = stream.getvalue().removeprefix("\r\x1b[K")
    assert len(shown) < columns
    assert "rep 100/100" in shown
    if columns > 40:
        assert "100%" in shown
        assert "ETA" in shown


def test_speed_and_time_left_are_those_of_the_whole_run(clock):
    stream = Terminal()
    line = ProgressLine(stream, clock)
    work = Work(0.0)
    line.begin(0, 4, work, until=None)
    line.on_slice(1, 1)
    clock.now, work.share = 10.0, 1.0
    line.on_slice(1, 10_001)
    line.end()
    work.share = 0.0
    line.begin(1, 4, work, until=None)
    clock.now = 20.0

    line.on_slice(1, 10_000)

    # A quarter of the run is done, and 20,000 events, in 20 s since the first slice.
    assert stream.getvalue().endswith("  25%  1 ps simulated  1k events/s  ETA 1:00")


def test_a_line_whose_drawing_is_interrupted_is_removed_all_the_same(clock):
    class Interrupted(Terminal):
        def flush(self):
            if "rep" in self.getvalue() and "\x1b[K" not in self.getvalue()[4:]:
                raise KeyboardInterrupt

    stream = Interrupted()
    line = ProgressLine(stream, clock)
    line.begin(0, 1, Work(0.5), until=None)
    clock.now = 1.0
    with pytest.raises(KeyboardInterrupt):
        line.on_slice(1, 1)

    line.end()

    assert stream.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 200])
def test_the_line_of_a_sweep_stays_within_the_terminal(clock, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Terminal()
    line = CountLine(stream, 10_000_000, clock)
    line.tell(1, 0)
    clock.now = 1_000_000.0

    line.tell(1_234_566, 12_345)

    shown = stream.getvalue().removeprefix("\r\x1b[K")
    assert len(shown) < columns
    assert "1,234,567" in shown
    if columns >= 60:
        assert "ETA" in shown
        assert "12345 failed" in shown


def test_the_width_is_that_of_the_terminal_and_not_of_where_results_go(clock):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 47, 0, 0))
    with os.fdopen(theirs, "w") as stream:
        line = ProgressLine(stream, clock)
        line.begin(99, 100, Work(0.5), until=None)
        clock.now = 36_000.0

        line.on_slice(123_456_000_000, 4_120_000_000)

        shown = os.read(ours, 1000).decode().removeprefix("\r\x1b[K")
    os.close(ours)
    assert 20 < len(shown) <= 44


def test_what_the_first_runs_of_a_sweep_compile_is_no_part_of_its_speed(clock):
    stream = io.StringIO()
    line = CountLine(stream, 101, clock)
    clock.now = 60.0
    line.tell(1, 0)
    clock.now = 80.0

    line.tell(20, 2)

    # 20 runs in the 20 s since the first: 80 more take as long as that four times.
    first, second = stream.getvalue().splitlines()
    assert first == "  1/101 runs"
    assert second == "  21/101 runs  1/s  ETA 1:20  2 failed"
