"""TLS of the listeners: certificate, key and the authority of clients from files, read anew when they change."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL
from OpenSSL.crypto import X509, PKey
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.protocol import Factory
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from zope.interface import implementer


class TlsError(Exception):
    """A file cannot be used; the text names the setting and the file."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where a listener's TLS comes from; all are PEM."""

    certificate: str
    """The certificate, and after it those that lead to its authority."""
    key: str
    client_ca: str | None = None
    """Authorities whose client certificates are believed; None asks for none."""


@implementer(IOpenSSLServerConnectionCreator)
class ServerTls:
    """Makes the TLS of new connections. A `reload` concerns those that come later, and changes nothing if it fails."""

    def __init__(self, files: TlsFiles) -> None:
        """Raise TlsError where a file is missing or makes no sense."""
        self.files = files
        self.context, self.certificate = _load(files)

    def reload(self) -> None:
        """Read the files anew; raise TlsError, and go on with what there was."""
        self.context, self.certificate = _load(self.files)

    def wrap(self, factory: Factory, *, gathers: bool) -> Factory:
        """Return a factory that speaks TLS and carries `factory`'s protocols.

        `gathers`: small writes wait for the next turn, to be one record: for ports that write many, an answer each.
        """
        wrapped: Any = TLSMemoryBIOFactory(self, False, factory)
        if not gathers:
            wrapped.protocol = TLSMemoryBIOProtocol
        wrapped.noisy = False
        return cast(Factory, wrapped)

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """Return the TLS of one connection."""
        return SSL.Connection(self.context, None)

    @property
    def ends_at(self) -> datetime:
        """When the certificate ends."""
        return self.certificate.not_valid_after_utc

    @property
    def pem(self) -> str:
        """The certificate itself."""
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as browsers and openssl show it."""
        return fingerprint(self.certificate)


def fingerprint(certificate: x509.Certificate) -> str:
    """Return a certificate's SHA-256 in hex with colons."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest().hex(":").upper()


def load_certificates(path: str, setting: str = "tls.certificate") -> list[x509.Certificate]:
    """Return the certificates of a PEM file, at least one; raise TlsError."""
    try:
        return x509.load_pem_x509_certificates(_read(setting, path))
    except ValueError as error:
        raise TlsError(f"{setting}: {path} holds no certificate in PEM: {error}") from None


def _load(files: TlsFiles) -> tuple[SSL.Context, x509.Certificate]:
    certificate, *chain = load_certificates(files.certificate)
    try:
        key = load_pem_private_key(_read("tls.key", files.key), password=None)
    except (ValueError, TypeError) as error:
        raise TlsError(f"tls.key: {files.key} holds no private key in PEM without a password: {error}") from None
    options = CertificateOptions(
        privateKey=PKey.from_cryptography_key(key),  # type: ignore[arg-type]  # any kind that a server may have
        certificate=X509.from_cryptography(certificate),
        extraCertChain=[X509.from_cryptography(each) for each in chain],
        raiseMinimumTo=TLSVersion.TLSv1_2,
    )
    try:
        context = options.getContext()
        context.check_privatekey()
    except SSL.Error:
        raise TlsError(f"tls.key: {files.key} is not the key of {files.certificate}") from None
    # A client that renegotiates again and again makes the hub work; nothing needs it.
    context.set_options(SSL.OP_NO_RENEGOTIATION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    if files.client_ca is not None:
        _ask_for_certificates(context, files.client_ca)
    return context, certificate


def _ask_for_certificates(context: SSL.Context, path: str) -> None:
    """Ask clients for a certificate: one that does not verify ends the handshake, none at all is no mistake."""
    _read("tls.client_ca", path)
    try:
        context.load_verify_locations(path)
        context.load_client_ca(path.encode())
    except SSL.Error:
        raise TlsError(f"tls.client_ca: {path} holds no certificate in PEM") from None
    context.set_session_id(b"hub")
    context.set_verify(SSL.VERIFY_PEER, lambda connection, certificate, error, depth, good: bool(good))


def _read(setting: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise TlsError(f"{setting}: {path} cannot be read: {error.strerror}") from None
