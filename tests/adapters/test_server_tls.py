"""The TLS of listeners: files, client certificates, new files, and what is refused."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from OpenSSL import SSL
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport

from adapters.rig import Client, Rig, until, with_rigs
from fakes.certificates import Authority
from hub.adapters.reactor.far_end import LONGEST_LINE, Proxies, ProxyLineFactory, far_end
from hub.adapters.tls import ServerTls, TlsError, fingerprint, load_certificates

# Twisted hands certificates to pyOpenSSL in a form that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


class Both:
    """Client and server of one handshake, without a socket between."""

    def __init__(self, server: ServerTls, context: ssl.SSLContext) -> None:
        self._server = server.serverConnectionForTLS(None)  # type: ignore[arg-type]
        self._server.set_accept_state()
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = context.wrap_bio(self._in, self._out, server_hostname="localhost")

    def shake(self) -> None:
        """Shake hands; raise what either side raises."""
        for _ in range(10):
            done = 0
            for step in (self.client.do_handshake, self._server.do_handshake):
                try:
                    step()
                    done += 1
                except (ssl.SSLWantReadError, SSL.WantReadError):
                    pass
                self._carry()
            if done == 2:
                return
        raise AssertionError("the handshake does not end")

    def _carry(self) -> None:
        if data := self._out.read():
            self._server.bio_write(data)
        with contextlib.suppress(SSL.WantReadError):
            self._in.write(self._server.bio_read(1 << 16))

    @property
    def subject(self) -> str | None:
        """The common name that the server saw."""
        certificate = self._server.get_peer_certificate()
        return None if certificate is None else certificate.to_cryptography().subject.rfc4514_string()


def client(authority: Authority, **more: Any) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.root)
    for name, value in more.items():
        setattr(context, name, value)
    return context


def test_a_client_checks_the_name_and_the_authority(authority: Authority, tmp_path: Path) -> None:
    tls = ServerTls(authority.issue("localhost"))
    both = Both(tls, client(authority))
    both.shake()
    assert both.client.version() == "TLSv1.3"
    (tmp_path / "other").mkdir()
    with pytest.raises(ssl.SSLCertVerificationError):
        Both(tls, client(Authority(tmp_path / "other"))).shake()
    with pytest.raises(ssl.SSLCertVerificationError):
        Both(ServerTls(authority.issue("elsewhere.example", file="other")), client(authority)).shake()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(authority: Authority, version: ssl.TLSVersion) -> None:
    context = client(authority)
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, SSL.Error)):
        Both(ServerTls(authority.issue("localhost")), context).shake()


def test_version_1_2_is_the_least(authority: Authority) -> None:
    both = Both(ServerTls(authority.issue("localhost")), client(authority, maximum_version=ssl.TLSVersion.TLSv1_2))
    both.shake()
    assert both.client.version() == "TLSv1.2"


def test_a_reload_concerns_those_that_come_later(authority: Authority) -> None:
    tls = ServerTls(authority.issue("localhost"))
    before = Both(tls, client(authority))
    old = tls.fingerprint
    authority.issue("localhost")
    tls.reload()
    assert tls.fingerprint != old
    before.shake()
    after = Both(tls, client(authority))
    after.shake()
    shown = [each.client.getpeercert(binary_form=True) for each in (before, after)]
    assert shown[0] != shown[1]


@pytest.mark.parametrize("broken", ["certificate", "key"])
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN NONSENSE-----\n"])
def test_files_that_cannot_be_used_are_named_and_change_nothing(
    authority: Authority, broken: str, content: bytes | None
) -> None:
    files = authority.issue("localhost")
    tls = ServerTls(files)
    path = Path(getattr(files, broken))
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TlsError, match=f"tls.{broken}: {path}"):
        tls.reload()
    Both(tls, client(authority)).shake()


def test_another_keys_certificate_is_refused(authority: Authority) -> None:
    files, other = authority.issue("localhost"), authority.issue("localhost", file="other")
    with pytest.raises(TlsError, match=r"is not the key of"):
        ServerTls(replace(files, key=other.key))


def test_a_client_certificate_is_asked_for_and_says_a_name(authority: Authority) -> None:
    tls = ServerTls(replace(authority.issue("localhost"), client_ca=authority.root))
    own = authority.issue("box7.example", file="client", common_name="box7")
    context = client(authority)
    context.load_cert_chain(own.certificate, own.key)
    both = Both(tls, context)
    both.shake()
    assert "CN=box7" in str(both.subject)
    without = Both(tls, client(authority))
    without.shake()
    assert without.subject is None, "it is no mistake to have none"


def test_a_client_certificate_of_another_authority_ends_the_handshake(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other").issue("box7.example", common_name="box7")
    context = client(authority)
    context.load_cert_chain(stranger.certificate, stranger.key)
    with pytest.raises((ssl.SSLError, SSL.Error)):
        Both(ServerTls(replace(authority.issue("localhost"), client_ca=authority.root)), context).shake()


def test_an_authority_that_is_none_is_named(authority: Authority, tmp_path: Path) -> None:
    files = authority.issue("localhost")
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")
    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(TlsError, match=f"tls.client_ca: {path}"):
            ServerTls(replace(files, client_ca=str(path)))


def test_a_fingerprint_is_as_openssl_shows_it(authority: Authority) -> None:
    tls = ServerTls(authority.issue("localhost"))
    (certificate, *_) = load_certificates(tls.files.certificate)
    assert fingerprint(certificate) == tls.fingerprint
    assert len(tls.fingerprint) == 32 * 3 - 1
    assert tls.pem.startswith("-----BEGIN CERTIFICATE-----")


# Through a proxy.


def proxied(rig: Rig, proxies: Proxies) -> None:
    """Let all of a rig's ports speak the PROXY protocol."""
    for name, factory in rig.factories.items():
        factory.proxies = proxies
        rig.ports[name].factory = ProxyLineFactory(rig.ports[name].factory)


class Told(Protocol):
    """What stands above the PROXY protocol."""

    heard = b""

    def dataReceived(self, data: bytes) -> None:
        self.heard += data


def behind_proxy(*pieces: bytes) -> tuple[Told, bool]:
    """Return what stands above, after a proxy has said something, and whether the connection was closed."""
    told, transport = Told(), StringTransport()
    factory = Factory.forProtocol(lambda: told)  # type: ignore[arg-type]
    wrapper = ProxyLineFactory(factory).buildProtocol(transport.getPeer())
    wrapper.makeConnection(transport)
    for piece in pieces:
        wrapper.dataReceived(piece)
    return told, transport.disconnecting


@pytest.mark.parametrize(
    "line",
    [
        b"PROXY TCP4 foo bar 1 2",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 x 2",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 1 65536",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 1",
        b"PROXY TCP4 2001:db8::1 ::1 1 2",
        b"PROXY TCP6 192.0.2.7 10.0.0.1 1 2",
        b"PROXY TCP6 fe80::1%eth0 ::1 1 2",
        b"PROXY TCP4 \xff\xfe 10.0.0.1 1 2",
        b"PROXY UDP4 192.0.2.7 10.0.0.1 1 2",
        b"PROXY ",
        b"PROXY TCP4 " + b"1" * LONGEST_LINE,
    ],
)
def test_a_proxy_that_names_no_address_is_hung_up_on(line: bytes) -> None:
    for pieces in ([line + b"\r\nhello\n"], [line[index : index + 1] for index in range(len(line))] + [b"\r\nhello\n"]):
        told, closed = behind_proxy(*pieces)
        assert closed
        assert told.heard == b""


@pytest.mark.parametrize(
    ("line", "host"),
    [(b"PROXY TCP4 192.0.2.7 10.0.0.1 5 6", "192.0.2.7"), (b"PROXY TCP6 2001:db8::1 ::1 5 6", "2001:db8::1")],
)
def test_a_line_may_come_in_pieces(line: bytes, host: str) -> None:
    whole = line + b"\r\nhello\n"
    for size in (1, 3, 10, 200):
        told, closed = behind_proxy(*[whole[index : index + size] for index in range(0, len(whole), size)])
        assert (told.heard, closed) == (b"hello\n", False)
        assert far_end(told.transport).host == host


async def sent(rig: Rig, data: bytes) -> Client:
    producer = await rig.connect("producers")
    producer.send(data)
    return producer


@with_rigs
async def test_who_comes_through_a_proxy_is_whom_it_says_and_never_local(make: Callable[..., Rig]) -> None:
    rig = make()
    proxied(rig, Proxies(["127.0.0.1"]))
    far = await sent(rig, b"PROXY TCP4 192.0.2.7 10.0.0.1 5000 7411\r\nhello\n")
    await until(lambda: far.lost, "for the refusal")
    assert bytes(far.data).startswith(b"ERR AUTH")
    forged = await sent(rig, b"PROXY TCP4 127.0.0.1 10.0.0.1 5000 7411\r\nhello\n")
    await until(lambda: forged.lost, "for the refusal")
    assert bytes(forged.data).startswith(b"ERR AUTH"), "an address that the proxy tells is not enough to be local"
    unknown = await sent(rig, b"PROXY UNKNOWN\r\nhello\n")
    await until(lambda: unknown.lost, "for the refusal")
    assert len(rig.hub.streams) == 0
    known = await sent(rig, b"PROXY TCP4 192.0.2.7 10.0.0.1 5000 7411\r\nHUB/1 RAW stream=a token=maker-token\nhello\n")
    await until(lambda: rig.hub.streams.get("a"), "for the stream")
    known.close()


@with_rigs
async def test_others_than_the_proxies_are_let_go(make: Callable[..., Rig]) -> None:
    rig = make()
    proxied(rig, Proxies(["192.0.2.1"]))
    stranger = await sent(rig, b"PROXY TCP4 127.0.0.1 10.0.0.1 5000 7411\r\nhello\n")
    await until(lambda: stranger.lost, "for the close")
    assert bytes(stranger.data) == b""
    assert rig.hub.counters.problems == {"DENIED": 1}


@with_rigs
async def test_a_proxy_that_says_nothing_is_let_go_and_one_whose_client_is_silent_is_not(
    make: Callable[..., Rig],
) -> None:
    rig = make(first_frame_seconds=1)
    proxied(rig, Proxies(["127.0.0.1"]))
    silent = await rig.connect("producers")
    waits = await sent(rig, b"PROXY TCP4 192.0.2.7 10.0.0.1 5000 7411\r\n")
    await until(lambda: silent.lost, "for the deadline")
    assert waits.lost is None
    assert len(rig.factories["producers"].protocols) == 1
    waits.send(b"HUB/1 RAW stream=a token=maker-token\nlate\n")
    await until(lambda: rig.hub.streams.get("a"), "for the stream")
    waits.close()


@pytest.mark.parametrize("tls", [False, True])
@with_rigs
async def test_a_session_goes_on_over_a_lost_connection(make: Callable[..., Rig], tls: bool) -> None:
    rig = make(tls=tls)
    producer = await rig.connect("producers")
    producer.send(b"HUB/1 RAW stream=a\none\n")
    await until(lambda: rig.hub.streams.get("a"), "for the stream")
    reader = await rig.reader("SUB 1 a from=start")
    await until(lambda: reader.content() == b"one\n", "for the first line")
    key = reader.frames[0].keys["session"]
    reader.send(f"ACK {reader.frames[1].args[0]} 4\nPING x\n")
    await until(lambda: "PONG" in reader.verbs(), "for the answer")
    reader.close()
    await until(lambda: not rig.hub.readers, "for the end of the connection")
    producer.send(b"two\n")
    again = await rig.reader(session=key)
    await until(lambda: again.content() == b"two\n", "for the second line")
    assert again.frames[0].keys["resumed"] == "1"
    producer.close()
