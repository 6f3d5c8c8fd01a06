"""`hub version`."""

from __future__ import annotations

import platform

import click


def version_text() -> str:
    """Return `hub 1.2.3 (HUB/1, Python 3.11.7)`."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        number = installed("outputhub")
    except PackageNotFoundError:
        number = "(not installed)"
    return f"hub {number} (HUB/1, Python {platform.python_version()})"


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(version_text())
