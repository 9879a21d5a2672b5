"""Every generator is proved for any number of ranks, counted, and told apart from all others."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.collective.proof import ScheduleError, prove
from netsim.collective.schedule import COPY, JOIN, Schedule
from netsim.collective.task import OPS, Task
from netsim.registry import lookup, names

KIND = "collective_algorithm"
RANKS = [*range(1, 41), 64, 100, 128]
PAIRS = [(op, name) for name in names(KIND) for op in lookup(KIND, name).ops]


def tasks(op: str, name: str, ranks: int, size: int = 0) -> list[Task]:
    """Return what `name` is asked to do: with every equal grouping, and some unequal ones."""
    algorithm = lookup(KIND, name)
    size = size or 1000 * ranks + 7
    root = ranks // 2 if op in ("broadcast", "reduce", "gather", "scatter") or name == "star" else 0
    if getattr(algorithm, "grouped", False):
        found = [(g,) * (ranks // g) for g in range(1, ranks + 1) if ranks % g == 0]
        if op == "all_reduce" and ranks >= 5:
            found += [(2, ranks - 2), (1, 2, ranks - 3)]
        return [Task(op, ranks, size, groups=groups) for groups in found]
    chunks = (1, 3) if getattr(algorithm, "pipelined", False) else (1,)
    channels = (1, 2) if getattr(algorithm, "many_channels", False) and op != "sendrecv" else (1,)
    return [
        Task(op, ranks, size, chunks=k, root=root, channels=c) for k in chunks for c in channels
    ]


@pytest.mark.parametrize(("op", "name"), PAIRS)
def test_every_schedule_does_what_its_operation_promises(op: str, name: str):
    for ranks in RANKS:
        for task in tasks(op, name, ranks):
            prove(lookup(KIND, name).schedule(task), task)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("ranks", [8, 12])
def test_no_two_algorithms_of_an_operation_have_one_schedule(op: str, ranks: int):
    seen: dict[bytes, str] = {}
    for name in (name for some, name in PAIRS if some == op):
        groups = (4,) * (ranks // 4) if name == "hier" else ()
        task = Task(op, ranks, 12_000, chunks=2, groups=groups)
        made = lookup(KIND, name).schedule(task)
        columns = np.stack([made.src, made.dst, made.round, made.bytes.astype(np.int64)])
        key = columns.tobytes() + made.chunks.tobytes()
        assert key not in seen, f"{name} is {seen.get(key)}"
        seen[key] = name


@pytest.mark.parametrize(
    ("op", "name", "sent"),
    [
        ("all_reduce", "ring", lambda n, s: 2 * (n - 1) / n * s),
        ("all_reduce", "direct", lambda n, s: 2 * (n - 1) / n * s),
        ("all_reduce", "halving_doubling", lambda n, s: 2 * (n - 1) / n * s),
        ("all_reduce", "recursive_doubling", lambda n, s: np.log2(n) * s),
        ("all_gather", "bruck", lambda n, s: (n - 1) / n * s),
        ("all_gather", "pat", lambda n, s: (n - 1) / n * s),
        ("reduce_scatter", "pat", lambda n, s: (n - 1) / n * s),
        ("all_to_all", "linear", lambda n, s: (n - 1) / n * s),
        ("all_to_all", "pairwise", lambda n, s: (n - 1) / n * s),
        ("all_to_all", "bruck", lambda n, s: np.log2(n) / 2 * s),
    ],
)
def test_bytes_of_a_rank_are_those_of_the_closed_form(op, name, sent):
    for ranks in (2, 4, 8, 32):
        size = ranks * 4096
        made = lookup(KIND, name).schedule(Task(op, ranks, size))
        np.testing.assert_allclose(made.sent(), sent(ranks, size))
        np.testing.assert_allclose(made.received(), sent(ranks, size))


@pytest.mark.parametrize("name", ["bruck", "pat"])
def test_few_rounds_gather_any_number_of_ranks(name: str):
    for ranks in range(2, 131):
        made = lookup(KIND, name).schedule(Task("all_gather", ranks, ranks))
        assert len(np.unique(made.round)) == (ranks - 1).bit_length()
        np.testing.assert_allclose(made.received(), ranks - 1)


# Mutants ------------------------------------------------------------------------------------------


def without(schedule: Schedule, gone: int) -> Schedule:
    """Return the schedule without an operation; who waited for it waits no more."""
    keep = np.arange(len(schedule)) != gone
    number = np.cumsum(keep) - 1
    return _rebuilt(schedule, np.flatnonzero(keep), number, gone)


def doubled(schedule: Schedule, twice: int) -> Schedule:
    """Return the schedule with an operation done twice in its round."""
    order = np.insert(np.arange(len(schedule)), twice, twice)
    number = np.arange(len(schedule)) + (np.arange(len(schedule)) >= twice)
    return _rebuilt(schedule, order, number, -1)


def turned(schedule: Schedule, one: int) -> Schedule:
    """Return the schedule with a message that goes the other way."""
    src, dst = schedule.src.copy(), schedule.dst.copy()
    src[one], dst[one] = dst[one], src[one]
    return schedule.with_columns(src=src, dst=dst)


def freed(schedule: Schedule, entry: int) -> Schedule:
    """Return the schedule without one dependency."""
    first = schedule.deps_first.copy()
    first[first > entry] -= 1
    return schedule.with_columns(deps_first=first, deps=np.delete(schedule.deps, entry))


def _rebuilt(schedule: Schedule, order: np.ndarray, number: np.ndarray, gone: int) -> Schedule:
    def rows(first: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        found = [values[first[i] : first[i + 1]] for i in order]
        return np.concatenate([[0], np.cumsum([len(one) for one in found])]), found

    first, chunks = rows(schedule.first, schedule.chunks)
    _, deps = rows(schedule.deps_first, schedule.deps)
    deps = [number[one[one != gone]] for one in deps]
    names = ("kind", "src", "dst", "round", "bytes", "link_class", "channel", "tag")
    return schedule.with_columns(
        first=first.astype(np.int64),
        chunks=np.concatenate(chunks),
        deps_first=np.concatenate([[0], np.cumsum([len(one) for one in deps])]).astype(np.int64),
        deps=np.concatenate(deps),
        **{name: getattr(schedule, name)[order] for name in names},
    )


@pytest.mark.parametrize(("op", "name"), [pair for pair in PAIRS if pair[0] != "sendrecv"])
@pytest.mark.parametrize("ranks", [4, 7])
def test_no_mutant_passes(op: str, name: str, ranks: int):
    for task in tasks(op, name, ranks, size=ranks * 24):
        if len(task.groups) in (1, ranks):
            continue
        made = lookup(KIND, name).schedule(task)
        for one in range(len(made)):
            mutants = [without(made, one)]
            if made.kind[one] != JOIN and op != "barrier":
                mutants += [doubled(made, one), turned(made, one)]
            for mutant in mutants:
                with pytest.raises(ScheduleError):
                    prove(mutant, task)


@pytest.mark.parametrize(("op", "name"), [pair for pair in PAIRS if pair[0] != "sendrecv"])
def test_a_missing_dependency_is_named_unless_data_are_in_order_without_it(op: str, name: str):
    found = 0
    for task in tasks(op, name, 6, size=6 * 24):
        made = lookup(KIND, name).schedule(task)
        for entry in range(len(made.deps)):
            mutant = freed(made, entry)
            if _still_heard(mutant) if op == "barrier" else _ordered(mutant):
                prove(mutant, task)
                continue
            found += 1
            with pytest.raises(ScheduleError):
                prove(mutant, task)
    # Blocks that are sent as they were at first wait for each other by rule alone.
    alone = name in ("linear", "pairwise") or (name == "direct" and op != "all_reduce")
    assert found or alone


def _ordered(schedule: Schedule) -> bool:
    """Return whether every message comes after all that wrote what it reads or replaces."""
    before: list[set[int]] = []
    carried = [
        set(schedule.chunks[schedule.first[i] : schedule.first[i + 1]].tolist())
        for i in range(len(schedule))
    ]
    for one in range(len(schedule)):
        deps = schedule.deps[schedule.deps_first[one] : schedule.deps_first[one + 1]].tolist()
        before.append(set(deps).union(*(before[other] for other in deps)))
        cells = {int(schedule.src[one])}
        cells |= {int(schedule.dst[one])} if schedule.kind[one] == COPY else set()
        for other in range(one):
            earlier = schedule.round[other] < schedule.round[one]
            touches = int(schedule.dst[other]) in cells and carried[one] & carried[other]
            if earlier and touches and other not in before[one]:
                return False
    return True


def _still_heard(schedule: Schedule) -> bool:
    """Return whether everybody still hears of everybody: rounds overlap where N is no power."""
    heard = [{rank} for rank in range(schedule.ranks)]
    known: list[set[int]] = []
    for one in range(len(schedule)):
        before = schedule.deps[schedule.deps_first[one] : schedule.deps_first[one + 1]]
        known.append({int(schedule.src[one])}.union(*(known[other] for other in before.tolist())))
        heard[int(schedule.dst[one])] |= known[-1]
    return all(len(some) == schedule.ranks for some in heard)


def test_what_is_wrong_is_said_with_rank_and_operation():
    task = Task("all_reduce", 4, 400)
    made = lookup(KIND, "ring").schedule(task)
    late = made.deps.copy()
    late[0] = len(made) - 1
    with pytest.raises(
        ScheduleError, match=r"operation 4 \(rank 0\) waits for operation 23, which"
    ):
        prove(made.with_columns(deps=late), task)
    dst, chunks = made.dst.copy(), made.chunks.copy()
    dst[1], chunks[2] = 9, 7
    with pytest.raises(ScheduleError, match=r"operation 1 names rank 9, but ranks are 0 to 3"):
        prove(made.with_columns(dst=dst), task)
    with pytest.raises(ScheduleError, match=r"operation 2 carries chunk 7, but chunks are 0 to 3"):
        prove(made.with_columns(chunks=chunks), task)
    pair = Task("all_reduce", 2, 400)
    twice = doubled(lookup(KIND, "recursive_doubling").schedule(pair), 0)
    with pytest.raises(ScheduleError, match=r"operation 0 .* counts a rank twice"):
        prove(twice, pair)
