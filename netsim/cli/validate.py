"""``netsim validate``: check scenarios, simulate nothing."""

from __future__ import annotations

import click


@click.command("validate")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--set",
    "overrides",
    metavar="PATH=VALUE",
    multiple=True,
    help="Change a field; may be repeated.",
)
@click.option(
    "--resolved", is_flag=True, help="Print each valid scenario with all defaults, units canonical."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    overrides: tuple[str, ...],
    resolved: bool,
    as_json: bool,
) -> None:
    """Check scenarios and print all their problems; simulate nothing."""
    from netsim.scenario import check

    reports = []
    for file in files:
        scenario, diagnostics = check(file, overrides)
        reports.append((file, scenario, diagnostics))
    if as_json:
        import json

        click.echo(json.dumps([_facts(*report, resolved) for report in reports], indent=2))
    else:
        for report in reports:
            _print(*report, resolved=resolved, quiet=ctx.obj.quiet)
    if any(scenario is None for _, scenario, _ in reports):
        ctx.exit(3)
