"""Certificates of an authority that is made for a test, as files."""

from __future__ import annotations

import datetime
from functools import cached_property
from inspect import signature
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hub.adapters.tls import TlsFiles


class Authority:
    """An authority, and what it signs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._authority = trustme.CA()

    @cached_property
    def root(self) -> str:
        """The authority's own certificate."""
        path = self.directory / "ca.pem"
        self._authority.cert_pem.write_to_path(path)
        return str(path)

    @property
    def root_pem(self) -> bytes:
        """The same as text."""
        return self._authority.cert_pem.bytes()

    def issue(self, *names: str, file: str = "hub", common_name: str | None = None) -> TlsFiles:
        """Return certificate and key for names, written over what had the same file name."""
        issued = self._authority.issue_cert(*names, common_name=common_name)
        certificate, key = (self.directory / f"{file}-{kind}.pem" for kind in ("cert", "key"))
        certificate.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        return TlsFiles(str(certificate), str(key))


def certificate_that_ends(
    left: datetime.timedelta, name: str, *, is_ca: bool | None = True, signs: bool | None = None
) -> bytes:
    """Return a certificate that signs itself and ends so much later, as PEM.

    `is_ca` is what it says of itself, `signs` what it says of its key; None says nothing of that.
    """
    ends = datetime.datetime.now(datetime.UTC) + left
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(ends - datetime.timedelta(days=1000))
        .not_valid_after(ends)
    )
    if is_ca is not None:
        made = made.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    if signs is not None:
        uses = dict.fromkeys(signature(x509.KeyUsage).parameters, False) | {"key_cert_sign": signs}
        made = made.add_extension(x509.KeyUsage(**uses), critical=True)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
