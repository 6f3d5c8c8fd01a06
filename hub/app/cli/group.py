"""The command `hub`: subcommands that are loaded when they are called, and errors as sentences."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from hub.app.cli import exit_codes, standard_output

# Name -> where the command is, and its line in `hub --help`, so that help loads none of them.
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("hub.app.cli.serve:serve", "Run a hub in the foreground."),
    "send": ("hub.app.cli.send_command:send_command", "Stream standard input: CMD | hub send [NAME]."),
    "run": ("hub.app.cli.run:run", "Run a command and stream what it writes."),
    "collect": ("hub.app.cli.collect:collect", "Stream serial ports, TCP peers and files."),
    "sync": ("hub.app.cli.sync:sync", "Send what was kept in files while the hub was away."),
    "tail": ("hub.app.cli.tail:tail", "Show the last lines of streams, then follow them live."),
    "cat": ("hub.app.cli.cat:cat", "Write a stream's bytes to standard output."),
    "grep": ("hub.app.cli.grep:grep", "Search through what streams hold: grep's flags and exit codes."),
    "ls": ("hub.app.cli.ls:ls", "List streams, newest first."),
    "ps": ("hub.app.cli.ls:ps", "List the streams that are live now."),
    "stats": ("hub.app.cli.stats:stats", "Show counts and rates of the hub or of a stream."),
    "top": ("hub.app.cli.top:top", "Watch what goes on: streams, rates, watchers, who is behind."),
    "wait": ("hub.app.cli.wait:wait", "Wait for a stream's run to end; exit with its status."),
    "delete": ("hub.app.cli.delete:delete", "Delete streams, with all that is kept of them."),
    "attach": ("hub.app.cli.attach:attach", "Be the terminal of a command that runs under hub run."),
    "cmd": ("hub.app.cli.cmd:cmd", "Send a command to a stream's producer."),
    "mark": ("hub.app.cli.cmd:mark", "Put a mark into a stream, or list its marks."),
    "watchers": ("hub.app.cli.watchers:watchers", "Show who watches streams, and how far behind."),
    "sessions": ("hub.app.cli.sessions:sessions", "List sessions of clients and producers."),
    "kick": ("hub.app.cli.sessions:kick", "End sessions for ever."),
    "lease": ("hub.app.cli.lease:lease", "Hold names that only one may hold, while a command runs."),
    "open": ("hub.app.cli.open:open_page", "Open the page in the browser by a one-time link."),
    "status": ("hub.app.cli.status:status", "Tell whether a hub runs, and where it listens."),
    "login": ("hub.app.cli.login:login", "Store a hub's URL and token for this user."),
    "logout": ("hub.app.cli.login:logout", "End the stored login."),
    "whoami": ("hub.app.cli.login:whoami", "Tell who you are for a hub."),
    "user": ("hub.app.cli.accounts:user", "Set, list and remove users."),
    "token": ("hub.app.cli.accounts:token", "Create, list and revoke tokens."),
    "share": ("hub.app.cli.accounts:share", "Print a link that shows one stream for a while."),
    "audit": ("hub.app.cli.audit:audit", "Show who did what."),
    "doctor": ("hub.app.cli.doctor:doctor", "Look whether this machine is all right for a hub."),
    "cert": ("hub.app.cli.cert:cert", "Make a certificate for a first try of TLS."),
    "store": ("hub.app.cli.store:store", "Check, compact, export and back up what a hub keeps."),
    "config": ("hub.app.cli.config:config", "Show and check the configuration."),
    "completion": ("hub.app.cli.completion:completion", "Print the shell's completion script."),
    "version": ("hub.app.cli.version:version", "Print the version."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports each on its first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, in the order of help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command on its first use."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _print_version(ctx: click.Context, _param: click.Parameter, asked: bool) -> None:
    if asked:
        from hub.app.cli.version import version_text

        click.echo(version_text())
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=exit_codes.EXPLAINED,
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def hub() -> None:
    """Stream output to one place, watch it live.

    `hub serve` starts a hub; `make 2>&1 | hub send ci/build` streams into it; `hub tail ci/build` watches.
    """


def run(argv: Sequence[str] | None = None, prog: str = "hub") -> int:
    """Run one command line and return its exit code; nothing but a bug raises."""
    from hub.client.connection import HubLost, Unreachable
    from hub.model.problem import Problem

    if f"_{prog.upper()}_COMPLETE" in os.environ:
        hub.main(prog_name=prog)  # answers the shell and exits
    try:
        # Not click's main(): it would turn a closed pipe and Ctrl-C into exit code 1.
        with hub.make_context(prog, list(sys.argv[1:] if argv is None else argv)) as context:
            code = hub.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return int(done.exit_code)
    except click.UsageError as error:
        error.show()
        return int(error.exit_code)
    except click.ClickException as error:
        return _say(int(error.exit_code), error.format_message())
    except (KeyboardInterrupt, click.Abort):
        if sys.stderr.isatty():
            print(file=sys.stderr)  # the terminal has written ^C; the prompt gets a row of its own
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        standard_output.give_up()
        return exit_codes.PIPE_CLOSED
    except Problem as problem:
        return _say(exit_codes.FAILED, str(problem))
    except (Unreachable, HubLost) as error:
        return _say(exit_codes.UNREACHABLE, str(error))
    return code if isinstance(code, int) else exit_codes.OK


def _say(code: int, text: str) -> int:
    from hub.app.cli.harmless import printable

    print(f"hub: {printable(text)}", file=sys.stderr)
    return code
