"""The command ``netsim``: global options, lazy subcommands, and what users see of errors.

Results go to standard output; progress, logs and errors go to standard error. A user's mistake
never shows a traceback: every `NetsimError` is one text with its own exit code, and anything
else is said to be a bug.

Only click is imported here and at the top of the command files; what a command needs is
imported when it runs.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from dataclasses import dataclass
from typing import Any, Final

import click

from netsim.errors import NetsimError, ScenarioError
from netsim.threads import one_blas_thread
from netsim.version import __version__

#: In the order in which a newcomer meets them.
COMMANDS: Final = ("init", "validate", "list", "describe", "run", "schema", "verify")

INTERRUPTED: Final = 130

#: What a shell reports of a program whose reader went away: 128 + the number of SIGPIPE.
PIPE_CLOSED: Final = 141

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
        return command

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

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Read the words before the command; ``--help`` and ``--version`` print meanwhile."""
        try:
            return super().make_context(*args, **options)
        except BrokenPipeError:
            _silence()
            raise click.exceptions.Exit(PIPE_CLOSED) from None

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
        except BrokenPipeError:
            _silence()
            ctx.exit(PIPE_CLOSED)
        except OSError as failure:
            _traceback(ctx)
            place = f"{failure.filename}: " if failure.filename else ""
            complain(f"{place}{failure.strerror or failure}")
            ctx.exit(1)
        except MemoryError:
            _traceback(ctx)
            complain("out of memory; make the scenario smaller or record fewer tables")
            ctx.exit(1)
        except Exception as failure:
            if not _traceback(ctx):
                hint = "\n  netsim -v shows where; please report it with the scenario"
            else:
                hint = ""
            complain(f"this is a bug in netsim: {type(failure).__name__}: {failure}{hint}")
            ctx.exit(1)


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
    head = "" if bare else click.style("error:", fg="red", bold=True) + " "
    click.echo(head + message, err=True)


def _silence() -> None:
    """Send the rest of standard output nowhere, for Python flushes it once more when it ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _traceback(ctx: click.Context) -> bool:
    """Print the traceback if the user asked for details; return whether it was printed."""
    settings = ctx.find_object(Settings)
    if settings is None or not settings.verbose:
        return False
    import traceback

    click.echo(traceback.format_exc(), err=True, nl=False)
    return True


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: netsim init demo; netsim run demo/scenario.yaml",
)
@click.version_option(__version__, "--version", prog_name="netsim", message="%(prog)s %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Show log messages and, on errors, tracebacks.")
@click.option("-q", "--quiet", is_flag=True, help="Show results and errors only, no progress.")
@click.pass_context
def main(ctx: click.Context, verbose: bool, quiet: bool) -> None:
    """Simulate communication networks and what they do to distributed computing."""
    ctx.obj = Settings(verbose=verbose, quiet=quiet)
    _apply(ctx.obj)
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    one_blas_thread()
    # Imports make some 100,000 objects that all stay; looking for garbage among them again and
    # again is an eighth of the start-up time.
    gc.set_threshold(GARBAGE_THRESHOLD)


def _send_logs_to_stderr(verbose: bool, quiet: bool) -> None:
    """Show netsim's own log messages from INFO on (``compiling ...``)."""
    import logging

    own = logging.getLogger("netsim")
    own.setLevel(logging.DEBUG if verbose else logging.ERROR if quiet else logging.INFO)
    for handler in own.handlers[:]:
        own.removeHandler(handler)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    own.addHandler(handler)
    own.propagate = False
