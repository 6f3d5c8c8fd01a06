"""`hub version`."""

from __future__ import annotations

import platform

import click

from hub.version import __version__


def version_text() -> str:
    """Return `hub 1.2.3 (HUB/1, Python 3.11.7)`."""
    return f"hub {__version__} (HUB/1, Python {platform.python_version()})"


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(version_text())
