"""Lists, descriptions and completion lead to names that somebody only half knows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import netsim
from netsim import registry
from netsim.cli.completion import field_paths
from netsim.cli.main import COMMANDS, Settings, main

ROOT = Path(__file__).parents[2]


def command(*words, env=None):
    return CliRunner().invoke(main, words, env=env)


@pytest.mark.parametrize("kind", ["routing", "transport", "code", "fidelity"])
def test_a_kind_lists_what_is_registered_under_it(kind):
    listed = json.loads(command("list", kind, "--json").stdout)

    assert [entry["name"] for entry in listed] == registry.names(kind)


def test_a_search_finds_a_word_in_any_text_whatever_its_case():
    listed = json.loads(command("list", "policies", "--search", "ROUND ROBIN", "--json").stdout)
    alone = command("list", "--search", "no such word anywhere")

    everything = json.loads(command("list", "policies", "--json").stdout)
    assert listed == [one for one in everything if "round robin" in json.dumps(one).lower()]
    assert alone.exit_code == 0
    assert alone.stdout == ""


def test_what_is_neither_subject_nor_kind_is_told_the_nearest():
    done = command("list", "rooting")

    assert done.exit_code == 2
    assert "did you mean 'routing'?" in done.stderr


def test_a_kind_is_described_by_its_names():
    known = json.loads(command("describe", "transport", "--json").stdout)

    assert [entry["name"] for entry in known["names"]] == registry.names("transport")


def test_a_shipped_scenario_is_described_by_its_name():
    known = json.loads(command("describe", "quickstart", "--json").stdout)

    assert known["hash"] == netsim.load("quickstart").hash


@pytest.mark.parametrize(
    ("name", "hosts", "switches"),
    [
        ("topologies/ring.graphml", 6, 6),
        ("topologies/dumbbell.yaml", 4, 2),
        ("topologies/fat_tree_k4.json", 16, 20),
    ],
)
def test_a_topology_file_is_described_by_what_it_holds(name, hosts, switches):
    for path in (name, str(ROOT / name)):
        known = json.loads(command("describe", path, "--json").stdout)

        assert (known["hosts"], known["switches"]) == (hosts, switches)


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_no_line_of_a_help_text_is_cut_or_too_wide(name, columns):
    words = [*name.split(), "--help"]
    shown = CliRunner().invoke(main, words, terminal_width=columns).stdout

    # click ends what it cuts with three dots; those of FILE... and [OPTIONS] stand in its usage.
    assert "..." not in shown.split("\n\n", 1)[1]
    assert max(map(len, shown.splitlines())) <= columns


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_a_help_text_ends_with_examples_that_can_be_typed(name):
    lines = command(*name.split(), "--help").stdout.splitlines()

    examples = [line.split() for line in lines[lines.index("  Examples:") + 1 :]]
    assert examples
    for program, called, *words in examples:
        assert program == "netsim"
        assert called == name or not name
        made = main.get_command(click.Context(main), called)
        # What is no option or argument of the command, or no value of these, is refused here.
        made.make_context(called, words, obj=Settings())


def completed(line, word):
    """Return what the shell is offered for `word` at the end of `line`."""
    env = {"_NETSIM_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(word)}
    before = dict(os.environ)
    os.environ.update(env)
    try:
        done = CliRunner().invoke(main, [], prog_name="netsim")
    finally:
        os.environ.clear()
        os.environ.update(before)
    return [row.partition(",")[2] for row in done.stdout.splitlines()]


def test_shipped_scenarios_are_completed():
    assert "quickstart" in completed("netsim run qui", 2)


def test_names_and_kinds_are_completed():
    assert {"rps", "routing"} <= {*completed("netsim describe r", 2)}


@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [
        ("netsim sweep qui", 2, "quickstart"),
        ("netsim reproduce qui", 2, "quickstart"),
        ("netsim cite qui", 2, "quickstart"),
        ("netsim list rou", 2, "routing"),
        ("netsim list pol", 2, "policies"),
        ("netsim init --workload str", 3, "stragglers"),
        ("netsim init --from ana", 3, "analysis"),
        ("netsim init --from qui", 3, "quickstart"),
        ("netsim sweep quickstart --set topology.lea", 4, "topology.leaves="),
        ("netsim validate quickstart --set topology.lea", 4, "topology.leaves="),
    ],
)
def test_every_command_completes_what_it_takes(line, word, offered):
    assert offered in completed(line, word)


def test_paths_of_the_scenario_on_the_line_are_completed():
    offered = completed("netsim run quickstart --set topology.host_link.", 4)

    assert {"topology.host_link.rate=", "topology.host_link.delay="} == set(offered)


def test_every_path_that_is_offered_is_a_field():
    model = netsim.load("quickstart").model

    assert {"traffic[0].size", "packet.payload", "seed"} <= set(field_paths(model))
