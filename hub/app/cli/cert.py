"""`hub cert`: a certificate for a first try, and what is in one."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.app.cli import exit_codes

if TYPE_CHECKING:
    from cryptography import x509


@click.group(epilog=exit_codes.EXPLAINED)
def cert() -> None:
    """Make a certificate for a first try of TLS, and show what is in one."""


@cert.command("self-signed")
@click.option(
    "--to",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    metavar="DIR",
    help="where hub-cert.pem and hub-key.pem go (here)",
)
@click.option(
    "-n",
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="name or address of the hub, may be repeated; without it this machine's name, localhost and loopback",
)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="how long it is good")
@click.option("--force", is_flag=True, help="write over what is there")
def self_signed(directory: Path, names: tuple[str, ...], days: int, force: bool) -> None:
    """Make a key and a certificate that nobody has signed but itself.

    Clients believe it with HUB_CA=hub-cert.pem, browsers after a warning, in which they show its SHA-256: compare that.
    For more than a try take a certificate of an authority.
    """
    from hub.adapters.tls import fingerprint

    certificate_file, key_file = directory / "hub-cert.pem", directory / "hub-key.pem"
    present = [str(path) for path in (certificate_file, key_file) if path.exists()]
    if present and not force:
        raise click.ClickException(f"{' and '.join(present)} would be written over; --force does")
    wanted = names or (socket.gethostname(), "localhost", "127.0.0.1", "::1")
    certificate, certificate_pem, key_pem = _make(wanted, days)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _write(key_file, key_pem, 0o600)
        _write(certificate_file, certificate_pem, 0o644)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    click.echo("[tls]")
    click.echo(f'certificate = "{certificate_file.absolute()}"')
    click.echo(f'key = "{key_file.absolute()}"')
    click.echo(f"for {', '.join(wanted)}, until {certificate.not_valid_after_utc:%Y-%m-%d}", err=True)
    click.echo(f"SHA-256 {fingerprint(certificate)}", err=True)


@cert.command("show")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def show(file: str) -> None:
    """Show names, end and SHA-256 of the certificates in a PEM file."""
    from cryptography import x509

    from hub.adapters.tls import TlsError, fingerprint, load_certificates

    try:
        certificates = load_certificates(file)
    except TlsError as error:
        raise click.ClickException(str(error)) from None
    now = datetime.datetime.now(datetime.UTC)
    for each in certificates:
        try:
            said = each.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            names = ", ".join(str(name.value) for name in said)
        except x509.ExtensionNotFound:
            names = each.subject.rfc4514_string()
        days = (each.not_valid_after_utc - now).days
        left = f"in {days} days" if days >= 0 else "over"
        click.echo(f"{names}\n  until {each.not_valid_after_utc:%Y-%m-%d} ({left})\n  SHA-256 {fingerprint(each)}")


def _make(names: tuple[str, ...], days: int) -> tuple[x509.Certificate, bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # clocks differ
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate, certificate.public_bytes(Encoding.PEM), key_pem


def _name(text: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _write(path: Path, data: bytes, mode: int) -> None:
    new = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode), "wb") as file:
        file.write(data)
    new.replace(path)
