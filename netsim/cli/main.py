"""The command ``netsim``: global options, lazy subcommands, and what users see of errors.

Results go to standard output; progress, logs and errors go to standard error. A user's mistake
never shows a traceback: every `NetsimError` is one text with its own exit code, and anything
else is said to be a bug.

Only click is imported here and at the top of the command files; what a command needs is
imported when it runs.
"""

from __future__ import annotations

import errno
import functools
import gc
import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import click

from netsim.cli.colours import coloured, wanted
from netsim.cli.examples import examples
from netsim.cli.output import open_closed_streams, remark, silence, unwritable
from netsim.echo import visible_lines
from netsim.errors import NetsimError, ScenarioError, WriteError
from netsim.threads import library_at_work, one_blas_thread
from netsim.version import __version__

#: In the order in which a newcomer meets them.
COMMANDS: Final = (
    "init",
    "validate",
    "list",
    "describe",
    "run",
    "sweep",
    "status",
    "compare",
    "plot",
    "schema",
    "verify",
    "reproduce",
    "fit",
    "cite",
)

INTERRUPTED: Final = 130

#: What a shell reports of a program whose reader went away: 128 + the number of SIGPIPE.
PIPE_CLOSED: Final = 141

#: Below this limit of addresses, in bytes, libraries of numbers end the process with words of their
#: own (tried: 140,000 KiB are enough, 115,000 are not).
LEAST_ADDRESS_SPACE: Final = 160 << 20

#: How the loader and the system say that memory, or the space for its addresses, ran out.
_NO_MEMORY: Final = (
    "Cannot allocate memory",
    "cannot allocate memory",
    "failed to map segment",
    "can't start new thread",
)

#: How the system answers a write that a disk takes no more.
_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})

#: New objects between two collections; Python's default is 700.
GARBAGE_THRESHOLD: Final = 50_000


@dataclass(slots=True)
class Settings:
    """What the global options say; commands find it as ``context.obj``."""

    verbose: bool = False
    quiet: bool = False


class Commands(click.Group):
    """The subcommands, each imported when it is called; errors become exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"netsim.cli.{cmd_name}").command
        _add_global_options(command)
        # The help of a command is printed while its words are read.
        if not isinstance(command.make_context, functools.partial):
            read = functools.partial(_printing, command.make_context)
            command.make_context = read  # type: ignore[method-assign]
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words behind ``netsim``; a quantity that the shell has cut in two is told."""
        if "--set" in args:
            _refuse_cut_quantities(args)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` start with, or say which was probably meant."""
        word = args[0]
        if word in COMMANDS or word.startswith("-"):
            return super().resolve_command(ctx, args)
        from netsim.registry import did_you_mean

        hint = did_you_mean(word, COMMANDS) or "commands: " + ", ".join(COMMANDS)
        ctx.fail(f"No such command '{word}'; {hint}")

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the program: whatever happens, it ends with an exit code and without a traceback."""
        open_closed_streams()
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as wrong:
            code = wrong.exit_code
            text = io.StringIO()
            wrong.show(text)
            remark(text.getvalue(), nl=False, paint=coloured)
        except click.Abort:
            code = INTERRUPTED
        except SystemExit as ended:
            # The signal TERM ended a run.
            code = ended.code
        if not standalone_mode:
            return code
        status = _flushed(code if isinstance(code, int) else 0)
        if library_at_work():
            # A run was stopped within a call of minutes; what it wrote is closed by now.
            os._exit(status)
        sys.exit(status)

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Read the words before the command; ``--help`` and ``--version`` print meanwhile."""
        return _printing(super().make_context, *args, **options)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; end with the exit code of what went wrong."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            complain("stopped")
            ctx.exit(INTERRUPTED)
        except ScenarioError as failure:
            complain(str(failure), bare=True)
            ctx.exit(failure.exit_code)
        except NetsimError as failure:
            _traceback(ctx)
            complain(str(failure))
            ctx.exit(failure.exit_code)
        except BrokenPipeError as refused:
            ctx.exit(_lost(refused))
        except (OSError, MemoryError) as failure:
            _traceback(ctx)
            complain(_of_the_system(failure))
            # Only a write is answered so, be it of a temporary file.
            full = isinstance(failure, OSError) and failure.errno in _DISK
            ctx.exit(WriteError.exit_code if full else 1)
        except Exception as failure:
            if not _is_out_of_memory(failure):
                self._call_it_a_bug(ctx, failure)
            complain(_of_the_system(failure))
            ctx.exit(1)

    @staticmethod
    def _call_it_a_bug(ctx: click.Context, failure: Exception) -> NoReturn:
        where = (
            ""
            if _traceback(ctx)
            else "\n  netsim -v shows where; please report it with the scenario"
        )
        complain(f"this is a bug in netsim: {type(failure).__name__}: {failure}{where}")
        ctx.exit(1)


def _refuse_cut_quantities(args: Sequence[str]) -> None:
    """Raise how to quote if a unit stands alone behind ``--set PATH=NUMBER``."""
    from netsim.units import DIMENSIONS

    known = {unit for dimension in DIMENSIONS.values() for unit in dimension.units} | {"%"}
    for option, setting, unit in zip(args, args[1:], args[2:], strict=False):
        if option == "--set" and setting[-1:].isdigit() and unit in known:
            raise click.UsageError(f"quote a value that has a blank: --set '{setting} {unit}'")


def _printing(read: Callable[..., click.Context], *args: Any, **options: Any) -> click.Context:
    """Return what `read` reads; where standard output fails meanwhile, end the program."""
    try:
        return read(*args, **options)
    except OSError as refused:
        raise click.exceptions.Exit(_lost(refused)) from None


def _add_global_options(command: click.Command) -> None:
    """Let `command` take ``-v`` and ``-q`` behind its name too, where most people type them."""
    taken = {flag for parameter in command.params for flag in parameter.opts}
    if not taken & {"-v", "-q", "--verbose", "--quiet"}:
        for name, flags in (("verbose", ("-v", "--verbose")), ("quiet", ("-q", "--quiet"))):
            command.params.append(
                click.Option(
                    [*flags, name],
                    is_flag=True,
                    expose_value=False,
                    callback=_set_globally,
                    help=f"As netsim {flags[0]}.",
                )
            )


def _set_globally(ctx: click.Context, option: click.Parameter, value: bool) -> None:
    """Do what the global option of that name would have done."""
    if not value:
        return
    settings = ctx.ensure_object(Settings)
    setattr(settings, str(option.name), True)
    _apply(settings)


def _apply(settings: Settings) -> None:
    """Refuse options that exclude each other, and send log messages as they say."""
    if settings.verbose and settings.quiet:
        raise click.UsageError("-v and -q exclude each other")
    _send_logs_to_stderr(settings.verbose, settings.quiet)


def complain(message: str, *, bare: bool = False) -> None:
    """Write an error to standard error; `bare` where the text already says ``error``."""
    if bare:
        remark(message, paint=coloured)
    else:
        remark(message, head="error:", fg="red", bold=True)


def _of_the_system(failure: BaseException) -> str:
    """Return what to say where the system refuses what every program needs."""
    if not isinstance(failure, OSError) or _is_out_of_memory(failure):
        return (
            "out of memory; make the scenario smaller, record fewer tables, or let this process "
            "use more (ulimit -v, limits of its job)"
        )
    place = f"{failure.filename}: " if failure.filename else ""
    return f"{place}{failure.strerror or failure}"


def _is_out_of_memory(failure: BaseException) -> bool:
    """Return whether memory, or the space for its addresses, ran out, by what the system says."""
    chain = [failure, failure.__cause__, failure.__context__]
    return any(words in str(link) for link in chain for words in _NO_MEMORY)


def _lost(refused: OSError) -> int:
    """Return the exit code where standard output takes no more; say so unless a reader left."""
    if isinstance(refused, BrokenPipeError):
        silence(sys.stdout)
        return PIPE_CLOSED
    failure = unwritable(refused)
    complain(str(failure))
    return failure.exit_code


def _flushed(code: int) -> int:
    """Return the exit code once all is written; a stream that fails only now counts as well."""
    try:
        sys.stdout.flush()
    except OSError as refused:
        code = _lost(refused)
    try:
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)
    return code


def _traceback(ctx: click.Context) -> bool:
    """Print the traceback if the user asked for details; return whether it was printed."""
    settings = ctx.find_object(Settings)
    if settings is None or not settings.verbose:
        return False
    import traceback

    remark(traceback.format_exc(), nl=False)
    return True


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("netsim init demo", "netsim run demo/scenario.yaml", "netsim list scenarios"),
)
@click.version_option(__version__, "--version", prog_name="netsim", message="%(prog)s %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Show log messages and, on errors, tracebacks.")
@click.option("-q", "--quiet", is_flag=True, help="Show results and errors only, no progress.")
@click.pass_context
def main(ctx: click.Context, verbose: bool, quiet: bool) -> None:
    """Simulate communication networks and what they do to distributed computing."""
    ctx.obj = Settings(verbose=verbose, quiet=quiet)
    _apply(ctx.obj)
    if not wanted():
        ctx.color = False
    _check_folder(ctx)
    _check_address_space(ctx)
    one_blas_thread()
    # Imports make some 100,000 objects that all stay; looking for garbage among them again and
    # again is an eighth of the start-up time.
    gc.set_threshold(GARBAGE_THRESHOLD)


def _check_folder(ctx: click.Context) -> None:
    """End the program if the working directory is gone, from which all paths are meant."""
    try:
        os.getcwd()
    except OSError:
        complain("the working directory was deleted; change into one that is there")
        ctx.exit(2)


def _check_address_space(ctx: click.Context) -> None:
    """End the program where its libraries cannot be loaded: some end the process by themselves."""
    from netsim.memory_limit import address_space

    allowed = address_space()
    if allowed is not None and allowed < LEAST_ADDRESS_SPACE:
        complain(
            f"the address space of this process is limited to {allowed >> 20} MiB, and netsim's "
            f"libraries need {LEAST_ADDRESS_SPACE >> 20} MiB; raise it: ulimit -v unlimited"
        )
        ctx.exit(2)


def _send_logs_to_stderr(verbose: bool, quiet: bool) -> None:
    """Show netsim's own log messages from INFO on (``compiling ...``)."""
    import logging

    class Visible(logging.Formatter):
        """Shows messages as everything is shown, without what would steer a terminal."""

        def format(self, record: logging.LogRecord) -> str:
            return visible_lines(super().format(record))

    own = logging.getLogger("netsim")
    own.setLevel(logging.DEBUG if verbose else logging.ERROR if quiet else logging.INFO)
    for handler in own.handlers[:]:
        own.removeHandler(handler)
    handler = logging.StreamHandler()
    handler.setFormatter(Visible("%(message)s"))
    own.addHandler(handler)
    own.propagate = False
