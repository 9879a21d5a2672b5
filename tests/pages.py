"""The pages of the documentation as programs: their blocks, run from top to bottom.

A page is run in a folder of its own, in which ``scenarios``, ``topologies`` and ``analysis`` are
those of the repository. What a fenced block does says its first word:

``console``
    Lines behind ``$`` are commands, what follows each is its output, compared where it is given.
    A line ``...`` stands for any number of lines.
``python``
    Run in one namespace a page. A block ``text`` right behind it is what it prints.
``sql``
    Run by DuckDB in the same folder.
``yaml``
    Validated, where it is a whole scenario.
``toml``, ...
    Text, unless a mark writes it into a file.

Marks are comments that readers do not see, each on a line of its own right above the block:
``<!-- slow -->``, ``<!-- exit: 3 -->`` (of the last command), ``<!-- file: NAME -->`` (the block
is that file from here on), ``<!-- not run: WHY -->``. ``<!-- fresh process -->`` anywhere runs
the page in a process of its own. What depends on the machine (times, memory,
sizes of files) is compared as any number. After a wanted change of output run with
``NETSIM_UPDATE_DOCS=1`` and read the difference.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from netsim import registry
from netsim.cli.main import main

ROOT = Path(__file__).parents[1]
LINKED = ("scenarios", "topologies", "analysis")

_FENCE = re.compile(
    r"(?P<marks>(?:^<!-- .*? -->\n)*)^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.M | re.S
)
_MARK = re.compile(r"<!-- ([a-z ]+?)(?:: (.*?))? -->")
#: What depends on the machine, or on how many programs it runs.
_VARYING = re.compile(
    r"about [0-9.,]+ \w+|[0-9.,]+ [kMG]?i?B( of memory|\))|\([0-9.]+ s\)|[0-9.]+ s (?=CPU)"
)
#: Log messages of the first use of a kernel.
_LOGGED = re.compile(r"^compiling .*\n", re.M)


@dataclass
class Block:
    """One fenced block of a page."""

    info: str
    text: str
    line: int
    marks: dict[str, str] = field(default_factory=dict)
    start: int = 0
    end: int = 0

    @property
    def kind(self) -> str:
        return self.info.split(" ")[0]


class DifferentError(AssertionError):
    """A block does not do what its page says."""


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in their order."""
    found = []
    for match in _FENCE.finditer(text):
        marks = {name: value or "" for name, value in _MARK.findall(match["marks"])}
        line = text.count("\n", 0, match.start("info")) + 1
        place = match.span("text")
        found.append(Block(match["info"].strip(), match["text"], line, marks, *place))
    return found


def commands(text: str) -> list[tuple[str, str]]:
    """Return each command of a console block with its output, as it stands there."""
    found = []
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command = re.match(r"(?:.*\\\n)*.*", part)[0]
        found.append((command, part[len(command) :].lstrip("\n")))
    return found


def alike(shown: str, printed: str) -> bool:
    """Return whether a page shows what was printed, up to what depends on the machine."""
    parts = [_plain(part) for part in re.split(r"^[ ]*\.\.\.$\n?", shown, flags=re.M)]
    pattern = r"(?:.*\n)*?".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, _plain(printed)) is not None


def _plain(text: str) -> str:
    lines = [line.rstrip() for line in _VARYING.sub("#", text).split("\n")]
    return "\n".join(lines).rstrip("\n") + "\n" if text.strip() else ""


def run_page(path: Path, folder: Path, *, slow: bool) -> None:
    """Run the blocks of a page within `folder`; with `slow` those too that take long.

    Raises
    ------
    DifferentError
        At the first block that does not do what the page says.
    """
    if "<!-- fresh process -->" in path.read_text(encoding="utf-8") and not _alone():
        command = [sys.executable, __file__, str(path), *(["slow"] if slow else [])]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DifferentError(done.stderr)
        return
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    with _left_as_it_was(folder):
        _run_blocks(path, folder, slow=slow)


def _alone() -> bool:
    """Return whether this process does nothing but run a page."""
    return Path(getattr(sys.modules["__main__"], "__file__", None) or "") == Path(__file__)


@contextlib.contextmanager
def _left_as_it_was(folder: Path) -> Iterator[None]:
    """Undo what a page registers and imports from its folder."""
    places = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = places
        own = {
            name
            for name, module in sys.modules.items()
            if str(getattr(module, "__file__", None) or "").startswith(str(folder))
        }
        for known in registry._entries.values():
            for name, model in list(known.items()):
                if getattr(model, "__module__", "") in own:
                    del known[name]
        for name in own:
            del sys.modules[name]


def _run_blocks(path: Path, folder: Path, *, slow: bool) -> None:
    before = path.read_text(encoding="utf-8")
    after, moved = before, 0
    names: dict[str, object] = {"__name__": "page"}
    found = blocks(before)
    for index, block in enumerate(found):
        if "not run" in block.marks or ("slow" in block.marks and not slow):
            continue
        where = f"{path.name}:{block.line}"
        if "file" in block.marks:
            target = folder / block.marks["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.kind == "console":
            new = _console(block, where)
            after, moved = _put(after, moved, block, new)
        elif block.kind == "python":
            printed = _python(block, names, where)
            behind = found[index + 1] if index + 1 < len(found) else None
            if behind is not None and behind.kind == "text" and _adjacent(before, block, behind):
                new = _compared(behind.text, printed, where)
                after, moved = _put(after, moved, behind, new)
        elif block.kind == "yaml" and re.search(r"^netsim: 1", block.text, re.M):
            Path("a_block.yaml").write_text(block.text, encoding="utf-8")
            code, printed = execute("netsim validate a_block.yaml")
            if code:
                raise DifferentError(f"{where}: {printed}")
        elif block.kind == "sql":
            import duckdb

            duckdb.sql(block.text).fetchall()
    if after != before:
        path.write_text(after, encoding="utf-8")


def _adjacent(text: str, first: Block, second: Block) -> bool:
    return text[first.end : second.start].count("\n") <= 3


def _put(text: str, moved: int, block: Block, new: str) -> tuple[str, int]:
    start, end = block.start + moved, block.end + moved
    return text[:start] + new + text[end:], moved + len(new) - len(block.text)


def _console(block: Block, where: str) -> str:
    """Run the commands of a block; return its text, brought up to date if that is asked for."""
    listed = commands(block.text)
    new = ""
    for position, (command, output) in enumerate(listed):
        last = position == len(listed) - 1
        wanted = int(block.marks.get("exit", 0)) if last else 0
        code, printed = execute(re.sub(r"\\\n\s*", "", command))
        if code != wanted:
            raise DifferentError(f"{where}: {command}: exit code {code}\n{printed}")
        new += f"$ {command}\n"
        if shown := output.rstrip("\n"):
            new += _compared(shown, printed, f"{where}: {command}") + output[len(shown) :]
    return new


def _compared(shown: str, printed: str, where: str) -> str:
    if alike(shown, printed):
        return shown
    if os.environ.get("NETSIM_UPDATE_DOCS"):
        tail = "\n" if shown.endswith("\n") else ""
        return printed.rstrip("\n") + tail
    raise DifferentError(f"{where}\n--- the page\n{shown}\n--- printed\n{printed}")


def execute(command: str) -> tuple[int, str]:
    """Return exit code and output of a command line, both streams as they came."""
    words = shlex.split(command, comments=True)
    if words[0] == "netsim" and not {"|", ">", "&&"} & {*words}:
        done = CliRunner().invoke(main, words[1:])
        if "this is a bug" in done.output:
            raise DifferentError(CliRunner().invoke(main, ["-v", *words[1:]]).output)
        return done.exit_code, _from_here(done.output)
    if words[0] == "python":
        words = [sys.executable, *words[1:]]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        return ended.returncode, _from_here(ended.stdout + ended.stderr)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = subprocess.run(
        command, shell=True, capture_output=True, text=True, check=False, env=environment
    )
    return shell.returncode, shell.stdout + shell.stderr


def _from_here(printed: str) -> str:
    """Return what was printed without log messages, and with paths as seen from the folder."""
    return _LOGGED.sub("", printed).replace(f"{Path.cwd()}/", "")


def _doctest(text: str, names: dict[str, object], where: str, line: int) -> None:
    """Run a block that is written as it is typed, with what each line gives below it."""
    said = io.StringIO()
    example = doctest.DocTestParser().get_doctest(text, names, where, where, line)
    if doctest.DocTestRunner(verbose=False).run(example, out=said.write).failed:
        raise DifferentError(said.getvalue())


def _python(block: Block, names: dict[str, object], where: str) -> str:
    printed = io.StringIO()
    text = block.text
    if text.startswith(">>> "):
        _doctest(text, names, where, block.line)
        return ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile("\n" * block.line + text, where, "exec"), names)
        except Exception as wrong:
            raise DifferentError(f"{where}: {type(wrong).__name__}: {wrong}") from wrong
    return _from_here(printed.getvalue())


if __name__ == "__main__":
    run_page(Path(sys.argv[1]), Path.cwd(), slow="slow" in sys.argv[2:])
