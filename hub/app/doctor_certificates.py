"""What `hub doctor` finds about certificates: the hub's own, and those of the authorities that sign clients'."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hub.app.config import LISTENERS, Config
from hub.app.config_tls import tls_files
from hub.app.finding import Finding

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

CERTIFICATE_WARN_DAYS = 21
_RELOAD = "then `systemctl reload hub` or SIGHUP"


def certificates(config: Config) -> Iterator[Finding]:
    """Yield how long each certificate of the hub's is good."""
    from hub.adapters.tls import TlsError, load_certificates

    seen: set[str] = set()
    for listener in LISTENERS:
        try:
            files = tls_files(config, listener)
        except ValueError:
            continue
        if files is None or files.certificate in seen:
            continue
        seen.add(files.certificate)
        try:
            certificate = load_certificates(files.certificate)[0]
        except TlsError:
            continue  # the configuration's finding says it
        yield _good_for("certificate", files.certificate, certificate, f"renew it, {_RELOAD}")


def client_authorities(config: Config) -> Iterator[Finding]:
    """Yield whether certificates that `tls.client_ca` signed are believed: no client that is refused is told why."""
    from hub.adapters.tls import TlsError, load_certificates

    path = config.tls.client_ca
    if not path:
        return
    check = "client CA"
    try:
        authorities = load_certificates(path, setting="tls.client_ca")
    except TlsError as error:
        advice = "set tls.client_ca to a PEM file that the hub's user may read, or leave it out to ask for none"
        yield Finding(check, "fail", str(error), advice)
        return
    for each in authorities:
        if not _may_sign(each):
            text = f"{path}: {_name(each)} is no authority's: no certificate that it signed is believed"
            advice = f"put the authority that signs clients' certificates into tls.client_ca, {_RELOAD}"
            yield Finding(check, "fail", text, advice)
            continue
        advice = f"put the authority's new certificate into tls.client_ca beside it or in its place, {_RELOAD}"
        yield _good_for(check, f"{path}: {_name(each)}", each, advice)


def _good_for(check: str, what: str, certificate: Certificate, advice: str) -> Finding:
    now = datetime.datetime.now(datetime.UTC)
    ends = certificate.not_valid_after_utc
    if ends < now:
        return Finding(check, "fail", f"{what} ended {_days((now - ends).days)} ago", advice)
    if certificate.not_valid_before_utc > now:
        text = f"{what} is not good before {certificate.not_valid_before_utc.isoformat()}"
        return Finding(check, "fail", text, f"set the clock, or {advice}")
    text = f"{what} is good for {_days((ends - now).days)}"
    if (ends - now).days < CERTIFICATE_WARN_DAYS:
        return Finding(check, "warn", text, advice)
    return Finding(check, "ok", text)


def _may_sign(certificate: Certificate) -> bool:
    """Tell whether TLS takes it for an authority's, as OpenSSL does."""
    from cryptography.x509 import BasicConstraints, ExtensionNotFound, KeyUsage, Version

    extensions = certificate.extensions
    try:
        may_sign = extensions.get_extension_for_class(KeyUsage).value.key_cert_sign
    except ExtensionNotFound:
        may_sign = None
    try:
        return may_sign is not False and extensions.get_extension_for_class(BasicConstraints).value.ca
    except ExtensionNotFound:
        # Where nothing says that it is an authority's: the use of its key, or that it is older than such words.
        return may_sign or (certificate.version == Version.v1 and certificate.issuer == certificate.subject)


def _name(certificate: Certificate) -> str:
    return certificate.subject.rfc4514_string() or f"number {certificate.serial_number:x}"


def _days(number: int) -> str:
    return "less than a day" if number == 0 else "1 day" if number == 1 else f"{number} days"
