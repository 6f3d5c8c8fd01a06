"""Certificates of an authority that is made for a test, as files."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import trustme

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
