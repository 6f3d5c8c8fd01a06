"""`hub completion`: the script that lets a shell complete commands, options and stream names."""

from __future__ import annotations

import os

import click

from hub.app.cli import exit_codes

SHELLS = ("bash", "zsh", "fish")
HOW = """Put this into your shell's start-up file:

\b
    bash:  eval "$(hub completion bash)"
    zsh:   eval "$(hub completion zsh)"
    fish:  hub completion fish | source
"""


@click.command(help=f"Print the completion script of a shell.\n\n{HOW}", epilog=exit_codes.EXPLAINED)
@click.argument("shell", required=False, type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str | None) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    name = shell or os.path.basename(os.environ.get("SHELL", ""))
    if name not in SHELLS:
        raise click.UsageError(f"which shell? One of {', '.join(SHELLS)}")
    root = context.find_root()
    prog = root.info_name or "hub"
    kind = get_completion_class(name)
    if kind is None:
        raise click.ClickException(f"this version of click has no completion for {name}")
    click.echo(kind(root.command, {}, prog, f"_{prog.upper()}_COMPLETE").source())
