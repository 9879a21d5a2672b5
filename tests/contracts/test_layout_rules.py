"""The source keeps its layout: small modules with telling names, and no forbidden habits.

Each rule is read off the syntax tree, so that words in docstrings and comments do not count.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import networkx

import netsim

PACKAGE = Path(netsim.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

LONGEST_MODULE = 600
LONGEST_FUNCTION = 80

#: Modules that may be longer, each with its reason.
LONG_MODULES: dict[str, str] = {}

#: Names that say nothing about what is inside.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc", "manager", "tools"}

#: What may be named of `numpy.random`: types and bit generators that are given their seed.
SEEDED = {"Generator", "BitGenerator", "Philox", "SFC64", "SeedSequence"}

#: Modules that may read a clock: the cost of a run, its progress, and the cost of checks.
CLOCK_READERS = {"metrics/resources.py", "progress.py", "verify/harness.py"}

#: What measures how long something takes.
STOPWATCHES = {
    f"time.{name}{unit}"
    for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")
    for unit in ("", "_ns")
}
CLOCKS = STOPWATCHES | {"datetime.datetime.now", "datetime.datetime.utcnow", "datetime.now"}

#: What prints, and the module that may: there foreign text is made harmless.
PRINTING = {"print", "sys.stdout.write", "sys.stderr.write", "click.echo", "click.secho"}
PRINTER = "cli/output.py"

#: What opens a file of a user without looking at it, or writes one that may stay half written.
BARE_READING = {"read_text", "read_bytes"}
BARE_WRITING = {"write_text", "write_bytes", "copyfile", "copy2", "copytree", "move"}
#: Who may: where the guarded ways are made, and readers of netsim's own installed files.
BARE_READERS = {
    "reading.py",
    "memory_limit.py",
    "metrics/own_places.py",
    "metrics/provenance.py",
    "metrics/resources.py",
    "cli/catalogue.py",
    "cli/init.py",
    "fabric/kernel/fingerprint.py",
}
#: `resources.py` writes to the system about its own process.
BARE_WRITERS = {"verify/scenarios.py", "cli/schema.py", "metrics/resources.py"}


def relative(module):
    return module.relative_to(PACKAGE).as_posix()


#: Comments by which people mark what they have left undone.
LEFT_OPEN = re.compile(r"#\s*(TO-?DO|FIX-?ME|X{3})\b", re.IGNORECASE)


def parsed(module):
    return ast.parse(module.read_text(encoding="utf-8"))


def dotted(node):
    """Return ``a.b.c`` for an attribute chain, or an empty text."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def assert_none(found):
    """Fail with every place that breaks a rule, one per line."""
    assert not found, "\n" + "\n".join(found)


def places(rule):
    """Return where `rule` yields a node with its complaint, over all modules."""
    return [
        f"netsim/{relative(module)}:{node.lineno}: {complaint}"
        for module in MODULES
        for node, complaint in rule(relative(module), parsed(module))
    ]


def test_no_module_is_longer_than_it_may_be():
    lengths = {relative(m): len(m.read_text(encoding="utf-8").splitlines()) for m in MODULES}

    assert_none(
        [
            f"netsim/{name} has {length} lines, more than {LONGEST_MODULE}: split it"
            for name, length in lengths.items()
            if length > LONGEST_MODULE and name not in LONG_MODULES
        ]
    )


def test_every_exception_for_a_long_module_is_still_needed_and_has_its_reason():
    for name, reason in LONG_MODULES.items():
        assert len((PACKAGE / name).read_text(encoding="utf-8").splitlines()) > LONGEST_MODULE
        assert len(reason) > 20


def test_no_function_is_longer_than_it_may_be():
    def rule(name, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield node, f"{node.name} has {length} lines, more than {LONGEST_FUNCTION}"

    assert_none(places(rule))


def test_every_module_has_a_name_that_says_what_is_inside():
    assert_none([f"netsim/{relative(m)}" for m in MODULES if m.stem in EMPTY_NAMES])


def test_every_module_opens_with_a_docstring():
    assert_none([f"netsim/{relative(m)}" for m in MODULES if not ast.get_docstring(parsed(m))])


def test_every_module_postpones_its_annotations():
    def postponed(module):
        tree = parsed(module)
        code = [node for node in tree.body if not isinstance(node, ast.Expr)]
        return not code or any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in code
        )

    assert_none([f"netsim/{relative(m)}" for m in MODULES if not postponed(m)])


def test_only_one_module_prints():
    def rule(name, tree):
        for node in ast.walk(tree):
            printing = isinstance(node, ast.Call) and dotted(node.func) in PRINTING
            if printing and name != PRINTER:
                yield node, "prints; netsim.cli.output makes foreign text harmless"

    assert_none(places(rule))


def opens_barely(node):
    """Return whether `node` opens a file by its name: ``open(...)``, ``path.open("rb")``, ..."""
    if not isinstance(node, ast.Call):
        return False
    if not isinstance(node.func, ast.Attribute):
        return dotted(node.func) == "open"
    if node.func.attr == "open" and dotted(node.func) != "os.open":
        modes = [*node.args, *node.keywords]
        return not modes or isinstance(modes[0], ast.keyword | ast.Constant)
    return node.func.attr in BARE_READING


def has_its_own_open(tree):
    """Return whether a module imports something that is called `open` and is no builtin."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return any(entry.name == "open" for node in imports for entry in node.names)


def test_files_of_users_are_opened_by_one_module_and_files_of_runs_written_by_another():
    def rule(name, tree):
        other = has_its_own_open(tree)
        for node in ast.walk(tree):
            if opens_barely(node) and name not in BARE_READERS and not other:
                yield node, "netsim.reading opens what a user names"
            writes = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if writes and node.func.attr in BARE_WRITING and name not in BARE_WRITERS:
                yield node, "netsim.metrics.atomic writes files whole or not at all"

    assert_none(places(rule))


def test_randomness_comes_only_from_named_streams():
    def rule(name, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import) and any(a.name == "random" for a in node.names):
                yield node, "imports the process-wide generator `random`"
            if isinstance(node, ast.ImportFrom) and node.module in ("random", "numpy.random"):
                yield node, f"imports from {node.module}"
            if isinstance(node, ast.Attribute):
                path = dotted(node)
                for prefix in ("np.random.", "numpy.random."):
                    drawn = path.removeprefix(prefix).split(".")[0]
                    if path.startswith(prefix) and drawn not in SEEDED:
                        yield node, f"{path} is no named stream"

    assert_none(places(rule))


def test_only_figures_import_matplotlib_and_only_to_draw():
    def of_matplotlib(node):
        if isinstance(node, ast.Import):
            return any(entry.name.split(".")[0] == "matplotlib" for entry in node.names)
        return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("matplotlib")

    def rule(name, tree):
        inside = {
            node
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            if of_matplotlib(node) and not (name.startswith("figures/") and node in inside):
                yield node, "imports matplotlib outside a function of figures/"

    analysis = [
        f"{script.name}:{node.lineno}: imports matplotlib"
        for script in sorted((PACKAGE.parent / "analysis").glob("*.py"))
        for node in ast.walk(parsed(script))
        if of_matplotlib(node)
    ]

    assert_none(places(rule) + analysis)


def test_no_error_is_swallowed_unseen():
    def rule(name, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                yield node, "bare except"

    assert_none(places(rule))


def test_nothing_is_left_to_be_written():
    def rule(name, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == "NotImplementedError":
                yield node, "NotImplementedError"

    marks = [
        f"netsim/{relative(module)}:{number}: {line.strip()}"
        for module in MODULES
        for number, line in enumerate(module.read_text(encoding="utf-8").splitlines(), start=1)
        if LEFT_OPEN.search(line)
    ]

    assert_none(places(rule) + marks)


def narrows(node):
    """Return whether an assertion only tells the type checker that something is not None."""
    test = node.test
    return isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot)


def test_checks_of_input_are_errors_and_no_assertions():
    def rule(name, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and not narrows(node):
                yield node, "assert vanishes under -O; raise a NetsimError"

    assert_none(places(rule))


def test_the_wall_clock_is_read_for_cost_and_progress_only():
    def rule(name, tree):
        for node in ast.walk(tree):
            reading = isinstance(node, ast.Call) and dotted(node.func) in CLOCKS
            if reading and name not in CLOCK_READERS:
                yield node, f"{dotted(node.func)} outside {', '.join(sorted(CLOCK_READERS))}"

    assert_none(places(rule))


def test_no_test_depends_on_how_fast_the_machine_is():
    tests = Path(__file__).parents[1]
    found = [
        f"{module.relative_to(tests)}:{node.lineno}: {dotted(node.func)}; measure in benchmarks/"
        for module in sorted(tests.rglob("*.py"))
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.Call) and dotted(node.func) in STOPWATCHES
    ]

    assert_none(found)


def test_compiled_code_never_reorders_floating_point():
    def rule(name, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "fastmath":
                yield node.value, "fastmath makes results depend on the processor"

    assert_none(places(rule))


def test_no_name_appears_from_nowhere():
    def rule(name, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
                yield node, "imports everything"

    assert_none(places(rule))


def test_only_the_registry_has_global_state():
    def rule(name, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Global) and name != "registry.py":
                yield node, f"global {', '.join(node.names)}"

    assert_none(places(rule))


def imports(tree):
    """Yield the nodes that import while a program runs, within functions too."""
    for node in ast.iter_child_nodes(tree):
        typing_only = isinstance(node, ast.If) and dotted(node.test) == "TYPE_CHECKING"
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not typing_only:
            yield from imports(node)


def imported(name, tree):
    """Return the modules of netsim that the module `name` imports."""
    found = set()
    for node in imports(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {one if one in NAMES else node.module for one in below}
    return found & NAMES.keys() - {name}


NAMES = {
    ".".join(("netsim", *module.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): module
    for module in MODULES
}


def test_no_modules_import_one_another_in_a_circle():
    graph = networkx.DiGraph()
    for name, module in NAMES.items():
        graph.add_edges_from((name, other) for other in imported(name, parsed(module)))
    assert graph.number_of_edges() > len(NAMES)

    circles = [sorted(one) for one in networkx.strongly_connected_components(graph)]

    assert_none([" <-> ".join(circle) for circle in circles if len(circle) > 1])
