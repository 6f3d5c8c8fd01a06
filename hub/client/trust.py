"""Which hubs a client believes over TLS, and the certificate that it shows itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

AUTHORITIES = "HUB_CA"
CERTIFICATE = "HUB_CERTIFICATE"
KEY = "HUB_KEY"


def client_context(pinned: str | None = None) -> ssl.SSLContext:
    """Return the TLS of a client: the system's authorities and HUB_CA's are believed, and names are checked.

    `pinned`, the PEM of one certificate, is believed instead, whatever names it has. HUB_CERTIFICATE and HUB_KEY are
    shown to a hub that asks. Raise OSError where a file cannot be used.
    """
    import ssl  # here: a local `hub send` does not have to pay for it

    if pinned is None:
        context = ssl.create_default_context()
        if authorities := os.environ.get(AUTHORITIES):
            context.load_verify_locations(authorities)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=pinned)
    if certificate := os.environ.get(CERTIFICATE):
        context.load_cert_chain(certificate, os.environ.get(KEY))
    return context


def twisted_options(host: str, pinned: str | None = None) -> Any:
    """Return the same for Twisted's `wrapClientTLS`; names are checked by service-identity."""
    from twisted.internet.ssl import optionsForClientTLS, platformTrust

    root: Any = platformTrust()
    if pinned is not None:
        return _believing(pinned)
    if authorities := os.environ.get(AUTHORITIES):
        root = _roots(authorities)
    return optionsForClientTLS(host, trustRoot=root, clientCertificate=_own_certificate())


def _roots(path: str) -> Any:
    from twisted.internet.ssl import trustRootFromCertificates

    with open(path, "rb") as file:
        return trustRootFromCertificates(_certificates(file.read()))


def _certificates(pem: bytes) -> list[Any]:
    from twisted.internet.ssl import Certificate

    end = b"-----END CERTIFICATE-----\n"
    parts = [part + end for part in pem.split(end.strip()) if b"-----BEGIN CERTIFICATE-----" in part]
    return [Certificate.loadPEM(part) for part in parts]


def _own_certificate() -> Any:
    from twisted.internet.ssl import PrivateCertificate

    certificate = os.environ.get(CERTIFICATE)
    if not certificate:
        return None
    pem = b""
    for path in dict.fromkeys((os.environ.get(KEY) or certificate, certificate)):
        with open(path, "rb") as file:
            pem += file.read() + b"\n"
    return PrivateCertificate.loadPEM(pem)


def _believing(pem: str) -> Any:
    """Return what makes TLS that believes one certificate: it is the hub's own, so its names are of no interest."""
    from OpenSSL import SSL
    from OpenSSL.crypto import X509StoreFlags
    from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
    from twisted.internet.ssl import CertificateOptions, trustRootFromCertificates
    from zope.interface import implementer

    context = CertificateOptions(trustRoot=trustRootFromCertificates(_certificates(pem.encode()))).getContext()
    store = context.get_cert_store()
    if store is not None:
        store.set_flags(X509StoreFlags.PARTIAL_CHAIN)  # it need not be an authority's

    @implementer(IOpenSSLClientConnectionCreator)
    class Believing:
        """TLS of one connection after the other."""

        def clientConnectionForTLS(self, tlsProtocol: object) -> SSL.Connection:
            """Return the TLS of one connection."""
            return SSL.Connection(context, None)

    return Believing()
