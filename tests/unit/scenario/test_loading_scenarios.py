"""From a file to a scenario, or to its problems, with the family of `conftest.py`."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

import netsim.scenario.files as files
from netsim.errors import ScenarioError
from netsim.scenario import check, load
from netsim.scenario.diagnostics import MOST_SHOWN
from netsim.scenario.limits import BYTES, INCLUDES


def codes(path, overrides=()):
    scenario, diagnostics = check(path, overrides)
    assert (scenario is None) == bool(diagnostics)
    return [found.code for found in diagnostics]


def only(path, overrides=()):
    scenario, diagnostics = check(path, overrides)
    assert scenario is None
    (found,) = diagnostics
    return found


def test_a_scenario_is_read_with_its_defaults(write):
    scenario = load(write("dishes: [{size: 1 kB, lambda: 2}, {size: 2 B, when: [1 s, 2 s]}]"))

    assert scenario.name == "k"
    assert scenario.model.cook.kind == "fast"
    assert scenario.model.dishes[0].size == 1000
    assert scenario.model.dishes[1].when == (10**12, 2 * 10**12)
    assert scenario.family.name == "kitchen_work"
    assert scenario.text.startswith("netsim: 1\n")
    assert scenario.notes == ()


def test_a_dash_is_read_as_an_underscore_in_workload_and_keys(write):
    path = write("netsim: 1\nworkload: kitchen-work\nrecord: {sample-every: 1 s}\n", head=False)

    assert load(path).model.record.sample_every == 10**12
    assert load(path).resolved["workload"] == "kitchen_work"


def test_a_file_name_with_blanks_gives_a_slug(write):
    assert load(write("", "my kitchen.yaml")).name == "my_kitchen"


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "k.yaml"
    path.write_bytes(b"\xef\xbb\xbfnetsim: 1\r\nworkload: kitchen_work\r\nseed: -1\r\n")

    assert str(only(path).span).endswith("k.yaml:3:7")


def test_a_sweep_is_kept_and_noted(write):
    scenario = load(write("sweep: {grid: {cook.hands: [1, 2]}}"))

    assert scenario.model.sweep is not None
    assert scenario.model.sweep.grid == {"cook.hands": (1, 2)}
    assert len(scenario.notes) == 1


def test_all_mistakes_are_found_at_once_and_sorted_by_line(write):
    path = write(
        "sed: 3\n"
        "cook: {kind: careful, pase: 1 s, speed: 5 Gb}\n"
        "dishes:\n"
        "  - {size: 3, served: warm}\n"
        "  - {lambda: 0}\n"
        "burnt: 120 %\n"
    )

    _, diagnostics = check(path)

    assert [(found.code, found.span.line) for found in diagnostics] == [
        ("unknown-field", 3),
        ("unknown-field", 4),
        ("bad-unit", 4),
        ("bad-unit", 6),
        ("bad-choice", 6),
        ("missing-field", 7),
        ("out-of-range", 7),
        ("out-of-range", 8),
    ]


def test_a_misspelt_required_field_is_not_called_missing_too(write):
    found = only(write("cook: {kind: careful, pase: 1 s}"))

    assert (found.code, found.hint) == ("unknown-field", "did you mean 'pause'?")


def test_chosen_blocks_within_chosen_blocks_are_located(write):
    found = only(write("cook:\n  kind: careful\n  pause: 1 s\n  asks: {kind: fast, hads: 1}\n"))

    assert found.message == "'hads' is not a field of cook 'fast'"
    assert (found.span.line, found.span.column, found.hint) == (6, 22, "did you mean 'hands'?")


def test_one_form_of_a_field_with_two_forms_is_complained_of_once(write):
    in_list = only(write("dishes: [{size: 1 B, when: [1 s, 2 m]}]"))
    plain = only(write("dishes: [{size: 1 B, when: 2 m}]"))

    assert (in_list.code, in_list.span.length) == ("bad-unit", 3)
    assert "'2 m' is not a time" in in_list.message
    assert (plain.code, plain.span.column) == ("bad-unit", 28)


def test_an_alias_is_known_by_the_name_that_users_write(write):
    found = only(write("dishes: [{size: 1 B, lamda: 2}]"))

    assert found.hint == "did you mean 'lambda'?"


def test_a_contradiction_names_the_line_of_the_other_value(write):
    given = only(write("places: 3\nguests: 5\n"))
    default = only(write("guests: 5\n"))
    overridden = only(write("guests: 5\n"), ["places=1"])

    assert given.message == "5 guests need as many places, not 3 (set at line 3)"
    assert default.message.endswith("(the default)")
    assert overridden.message.endswith("(set at --set places)")


def test_values_of_a_mapping_are_located(write):
    found = only(write("labels: {a: 1, b: -2}"))

    assert (found.code, found.span.column) == ("out-of-range", 19)


def test_an_unknown_workload_still_checks_the_common_fields(write):
    path = write("netsim: 1\nworkload: kitchen_wrk\nseed: -1\nanything: 3\n", head=False)

    _, diagnostics = check(path)

    assert [found.code for found in diagnostics] == ["unknown-name", "out-of-range"]
    assert "did you mean 'kitchen_work'?" in diagnostics[0].hint


def test_record_names_tables_of_the_family(write):
    assert load(write("record: {tables: [steps, plates]}")).model.record.tables
    assert only(write("record: {tables: [stps]}")).hint.startswith("did you mean 'steps'?")


def test_a_problem_in_a_data_file_is_shown_there_and_where_it_is_named(write):
    write("salt\n2 g poison\n", "r.txt", head=False)

    found = only(write("recipe: r.txt"))

    assert str(found) == (
        "r.txt:2:5: error[bad-data]: no poison\n"
        "  2 | 2 g poison\n"
        "    |     ^ salt\n"
        "    | named at k.yaml:3:9"
    )


def test_more_problems_than_can_be_read_are_counted(write):
    path = write("".join(f"x{i}: 1\n" for i in range(MOST_SHOWN + 12)))

    with pytest.raises(ScenarioError) as raised:
        load(path)

    assert str(raised.value).count("error[") == MOST_SHOWN
    assert "... and 12 more in k.yaml\n62 errors, 0 warnings in k.yaml" in str(raised.value)
    assert len(raised.value.diagnostics) == MOST_SHOWN + 12


def test_diagnostics_are_plain_data_for_programs(write):
    (found,) = check(write("seed: -1"))[1]

    assert json.loads(json.dumps(found.to_dict())) == {
        "code": "out-of-range",
        "message": "'seed' must be at least 0, not -1",
        "hint": "",
        "file": "k.yaml",
        "line": 3,
        "column": 7,
        "named_at": "",
    }


# Files that cannot be read


def test_a_missing_file_gets_a_did_you_mean(write):
    write("", "kitchen.yaml")

    assert str(only("kitchn.yaml")) == (
        "kitchn.yaml: error[bad-path]: there is no file 'kitchn.yaml'\n"
        "    | did you mean 'kitchen.yaml'?"
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("quickstrat", "quickstart"),
        ("quickstrat.yaml", "quickstart"),
        ("fabric/permutation_rp", "fabric/permutation_rps"),
        ("scenarios/fabric/permutation_rp.yaml", "fabric/permutation_rps"),
    ],
)
def test_a_misspelt_scenario_of_netsim_gets_a_did_you_mean(write, written, meant):
    assert only(written).hint == f"did you mean '{meant}'? (see: netsim list scenarios)"
    assert check(meant)[1] == []


def test_a_list_with_a_wrong_entry_is_not_called_too_short(write, monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[3])
    overrides = ["traffic[0].size=1 Gb", "traffic[0].start=1 MB"]

    found = check("scenarios/quickstart.yaml", overrides)[1]

    assert [one.code for one in found] == ["bad-unit", "bad-unit"]


def test_folders_devices_and_malformed_paths_are_refused(tmp_path):
    for path in (tmp_path, "/dev/zero", "a\0b", tmp_path / ("x" * 5000)):
        assert codes(path) == ["bad-path"]


def test_a_file_without_permission_is_refused(write, monkeypatch):
    path = write("")

    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "open_regular", refuse)

    assert only(path).message == "'k.yaml' cannot be read: Permission denied"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bad-yaml"),
        (b"\x7fELF\x02\x01\x00\x00", "bad-yaml"),
        (b"netsim: 1\nname: caf\xe9\n", "bad-yaml"),
        (b"\xff\xfea\x00", "bad-yaml"),
        (b"x" * (BYTES + 1), "too-large"),
        (b"- a\n", "bad-type"),
        (b"text", "bad-type"),
        (b"{}", "missing-field"),
    ],
)
def test_files_that_are_no_scenarios_are_refused(tmp_path, content, code):
    path = tmp_path / "x.yaml"
    path.write_bytes(content)

    assert codes(path)[0] == code


# Includes


def test_a_file_is_laid_over_what_it_includes(write):
    write(
        "cook: {kind: fast, hands: 3}\ndishes: [{size: 1 B}, {size: 2 B}]\nseed: 5\n", "base.yaml"
    )

    model = load(write("include: base.yaml\ncook: {speed: 2 Gbps}\ndishes: [{size: 3 B}]\n")).model

    assert (model.cook.hands, model.cook.speed, model.seed) == (3, 2 * 10**9, 5)
    assert [dish.size for dish in model.dishes] == [3]


def test_includes_nest_and_may_go_up_within_the_folder(write):
    write("seed: 5\n", "common.yaml", head=False)
    write("include: ../common.yaml\nplaces: 9\n", "parts/base.yaml", head=False)

    model = load(write("include: parts/base.yaml\n")).model

    assert (model.seed, model.places) == (5, 9)


def test_a_mistake_in_an_included_file_points_into_it(write):
    write("seed: -5\n", "parts/base.yaml", head=False)

    found = only(write("include: parts/base.yaml\n"))

    assert str(found.span) == "parts/base.yaml:1:7"


def test_a_data_file_is_looked_for_beside_the_file_that_names_it(write):
    write("salt", "parts/r.txt", head=False)
    write("recipe: r.txt\n", "parts/base.yaml", head=False)

    scenario = load(write("include: parts/base.yaml\n"))

    assert scenario.model.recipe.path == Path("parts/r.txt").absolute()
    assert scenario.resolved["recipe"] == "parts/r.txt"


def test_a_data_file_of_an_included_file_may_lie_above_it_but_not_above_the_scenario(write):
    write("salt", "r.txt", head=False)
    write("recipe: ../r.txt\n", "parts/base.yaml", head=False)
    write("recipe: ../../r.txt\n", "parts/bad.yaml", head=False)

    assert load(write("include: parts/base.yaml\n")).resolved["recipe"] == "r.txt"
    found = only(write("include: parts/bad.yaml\n"))
    assert str(found.span) == "parts/bad.yaml:1:9"
    assert found.message == "'../../r.txt' leaves the scenario's folder"


def test_a_data_file_that_is_only_beside_the_scenario_is_missing_beside_what_it_includes(write):
    write("salt", "r.txt", head=False)
    write("recipe: r.txt\n", "parts/base.yaml", head=False)

    found = only(write("include: parts/base.yaml\n"))

    assert (found.message, str(found.span)) == ("there is no file 'r.txt'", "parts/base.yaml:1:9")


def test_a_path_of_an_override_is_meant_from_the_scenario(write):
    write("salt", "r.txt", head=False)
    write("recipe: r.txt\n", "parts/base.yaml", head=False)

    scenario = load(write("include: parts/base.yaml\n"), {"recipe": "r.txt"})

    assert scenario.model.recipe.path == Path("r.txt").absolute()


def test_what_is_included_from_another_folder_means_the_same_in_all_but_paths(write):
    text = (
        "cook: {kind: careful, pause: 3 us, asks: {kind: fast}}\nburnt: 3 %\nlabels: {a: 1}\n"
        "dishes: [{size: 1 MiB, served: cold, when: [1 s, 2 s]}]\nuntil: 1 s\n"
        "record: {tables: [steps], sample_every: 1 s}\nsweep: {grid: {cook.kind: [fast]}}\n"
    )
    write(text, "parts/base.yaml", head=False)

    here, there = (load(write(lines)) for lines in (text, "include: parts/base.yaml\n"))

    assert there.resolved == here.resolved
    assert copy.deepcopy(there.model) == here.model


def test_dash_and_underscore_merge_as_one_key(write):
    write("record: {sample-every: 1 s}\n", "base.yaml", head=False)

    model = load(write("include: base.yaml\nrecord: {sample_every: 2 s}\n")).model

    assert model.record.sample_every == 2 * 10**12


@pytest.mark.parametrize(
    ("include", "code"),
    [
        ("../up.yaml", "bad-path"),
        ("parts/../../up.yaml", "bad-path"),
        ("/etc/passwd", "bad-path"),
        ("missing.yaml", "bad-path"),
        (".", "bad-path"),
        ("k.yaml", "include-cycle"),
        ("[a]", "bad-type"),
        ("''", "bad-type"),
        ('"a\\0b"', "bad-type"),
    ],
)
def test_includes_that_lead_out_or_nowhere_are_refused(write, include, code):
    found = only(write(f"include: {include}\n"))

    assert (found.code, found.span.line, found.span.column) == (code, 3, 10)


def test_a_cycle_through_another_file_is_refused(write):
    write("include: k.yaml\n", "other.yaml")

    assert only(write("include: other.yaml\n")).code == "include-cycle"


def test_a_long_chain_of_includes_is_refused(write):
    for number in range(INCLUDES + 2):
        write(f"include: c{number + 1}.yaml\n", f"c{number}.yaml")

    assert only("c0.yaml").code == "too-large"


def test_many_large_includes_share_one_budget(write):
    for number in range(10):
        write(f"include: c{number + 1}.yaml\n# {'x' * (BYTES // 8)}\n", f"c{number}.yaml")

    assert only("c0.yaml").code == "too-large"


# Overrides


def test_overrides_set_fields_entries_and_blocks(write):
    path = write("dishes: [{size: 1 B}]\ncook: {kind: fast, hands: 3}\n")

    model = load(
        path,
        [
            "dishes[0].size=1 MB",
            "dishes[1]={size: 2 B, served: cold}",
            "cook.hands = 4",
            "record.sample-every='1 s'",
            "labels={a: 1}",
        ],
    ).model

    assert [dish.size for dish in model.dishes] == [10**6, 2]
    assert (model.cook.hands, model.record.sample_every) == (4, 10**12)
    assert model.labels == {"a": 1}


def test_overrides_from_python_are_values(write):
    model = load(
        write(""), {"cook.kind": "fast", "cook.hands": 4, "dishes": [{"size": "1 B"}], "burnt": 0.5}
    ).model

    assert (model.cook.hands, model.dishes[0].size, model.burnt) == (4, 1, 0.5)


def test_an_override_replaces_a_dashed_key(write):
    model = load(write("record: {sample-every: 1 s}"), ["record.sample_every=2 s"]).model

    assert model.record.sample_every == 2 * 10**12


def test_an_override_may_mend_the_file(write):
    assert load(write("seed: -1"), ["seed=3"]).model.seed == 3


@pytest.mark.parametrize(
    ("override", "text"),
    [
        (
            "cook.hand=3",
            "--set cook.hand: error[unknown-field]: 'hand' is not a field of cook 'fast'\n"
            "    | cook.hand=3\n"
            "    |      ^^^^ did you mean 'hands'?",
        ),
        (
            "burnt=2",
            "--set burnt: error[out-of-range]: 2 lies outside 0 to 1\n    | burnt=2\n    |       ^",
        ),
    ],
)
def test_an_override_is_validated_as_the_file_is(write, override, text):
    assert str(only(write("cook: {kind: fast}"), [override])) == text


@pytest.mark.parametrize(
    "override",
    ["seed", "=3", "a..b=1", "[0]=1", "a[x]=1", "a.=1", "dishes[7].size=1", "cook[0]=1", "a b=1",
     "include=x.yaml", "seed.x.y=3", ".a=1", "a[0=1", "\0=1", "seed=\x00", "seed=[", "seed=*a"],
)  # fmt: skip
def test_overrides_that_lead_nowhere_are_refused(write, override):
    scenario, diagnostics = check(write("seed: 3\ncook: {kind: fast}\n"), [override])

    assert scenario is None
    assert diagnostics[0].place.startswith("--set")


def test_python_overrides_that_are_no_data_are_refused(write):
    loop: list[object] = []
    loop.append(loop)

    for value in (float("nan"), float("inf"), loop, object(), 10**400):
        assert codes(write(""), {"seed": value})


# Identity


def same(write, one, other):
    return load(write(one, "a.yaml")).hash == load(write(other, "b.yaml")).hash


def test_comments_order_units_and_spelling_leave_the_hash(write):
    one = "cook: {kind: careful, pause: 1 s}\nseed: 3\nrecord: {sample_every: 1 s}\n"
    other = "# x\nrecord: {sample-every: 1e3 ms}\nseed: 3\ncook: {pause: 1000 ms, kind: careful}\n"

    assert same(write, one, other)


def test_name_description_sweep_and_replications_leave_the_hash(write):
    extra = "name: x\ndescription: y\nsweep: {grid: {cook.hands: [1]}}\nreplications: 7\n"

    assert same(write, "", extra)


def test_defaults_written_out_leave_the_hash(write):
    assert same(write, "", "cook: {kind: fast, hands: 2, speed: 1 Gbps}\nseed: 1\n")


@pytest.mark.parametrize("line", ["seed: 2", "burnt: 1 %", "cook: {kind: fast, hands: 3}",
                                  "until: 1 s", "record: {tables: [steps]}"])  # fmt: skip
def test_all_else_changes_the_hash(write, line):
    assert not same(write, "", line)


def test_a_data_file_counts_by_its_content_and_not_by_its_name(write):
    for name, content in (("r.txt", "salt"), ("same.txt", "salt"), ("other.txt", "sugar")):
        write(content, name, head=False)

    assert same(write, "recipe: r.txt", "recipe: ./same.txt")
    assert not same(write, "recipe: r.txt", "recipe: other.txt")


def test_the_results_version_is_part_of_the_hash(write, monkeypatch):
    path = write("")
    before = load(path).hash
    monkeypatch.setattr("netsim.scenario.identity.RESULTS_VERSION", 10**6)

    assert load(path).hash != before


def test_the_resolved_scenario_loads_again_as_itself(write):
    write("salt", "r.txt", head=False)
    scenario = load(
        write(
            "cook: {kind: careful, pause: 3 us, asks: {kind: fast}}\nrecipe: r.txt\n"
            "dishes: [{size: 1 MiB, lambda: 0.1, when: [1 s, 2 s]}]\nburnt: 3 %\n"
            "sweep: {grid: {seed: [1, 2]}}\n"
        )
    )

    Path("again.yaml").write_text(json.dumps(scenario.resolved))
    again = load("again.yaml")

    assert again.resolved == scenario.resolved
    assert (again.hash, again.name) == (scenario.hash, "k")


def test_the_id_of_a_point_is_the_start_of_its_hash(write):
    scenario = load(write(""))

    assert scenario.point == scenario.hash[:16]


def test_seed_and_replications_can_be_changed(write):
    scenario = load(write(""))

    changed = scenario.with_(seed=9, replications=3)

    assert (changed.model.seed, changed.model.replications, changed.resolved["seed"]) == (9, 3, 9)
    assert changed.hash == load(write("seed: 9")).hash
    assert scenario.model.seed == 1
    with pytest.raises(ScenarioError, match="'seed' must be at least 0, not -1"):
        scenario.with_(seed=-1)
    with pytest.raises(ScenarioError, match="whole number"):
        scenario.with_(replications="3")
