"""`hub open`: the page, by a link that is good once."""

from __future__ import annotations

import webbrowser

import click

from hub.app.cli import exit_codes
from hub.app.cli.hub_options import hub_options
from hub.client.locator import Hub, Locator
from hub.client.web import request_json
from hub.model.problem import Problem


def login_link(hub: Hub) -> str:
    """Return a link that logs a browser in once, within a minute; raise Unreachable or Problem."""
    try:
        answer = request_json("POST", f"{hub.web}/login/link", hub.needed_token(), hub.certificate)
    except Problem as refusal:
        raise hub.explained(refusal) from None
    url = answer.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")) or not url.isprintable():
        raise Problem("PROTO", f"{hub.web}/login/link answers without a url")
    return url


@click.command("open", epilog=exit_codes.EXPLAINED)
@click.option("-p", "--print", "only_print", is_flag=True, help="print the link and open no browser")
@hub_options
def open_page(locator: Locator, only_print: bool) -> None:
    """Open the page in the browser, logged in.

    The link is printed as well. It is good once and for a minute, and says nothing to whoever finds it later.
    """
    link = login_link(locator.locate())
    click.echo(link)
    if not only_print and not webbrowser.open(link):
        click.echo("hub: no browser could be opened here; use the link above", err=True)
