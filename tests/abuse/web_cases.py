"""What is done on the web listener, and what comes of it."""

from __future__ import annotations

from abuse.attacker import Attacker
from abuse.cases import BAD_NAMES, SOON, Case
from abuse.target import Target

HTML = b"<html><script>fetch('/login')</script><img src=x onerror=alert(1)>"


def ask(
    target: Target, method: str, path: str, headers: dict[str, str | None] | None = None, body: bytes = b""
) -> tuple[int, bytes]:
    """Ask; return the status, and all that came."""
    with target.attacker("web") as line:
        line.send(request(target, method, path, headers, body))
        return status(line), line.came


def request(
    target: Target, method: str, path: str, headers: dict[str, str | None] | None = None, body: bytes = b""
) -> bytes:
    """Return the bytes of a request that ends its connection."""
    all_headers: dict[str, str | None] = {
        "Host": f"127.0.0.1:{target.ports['web']}",
        "Connection": "close",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    said = (f"{name}: {value}" for name, value in all_headers.items() if value is not None)
    lines = [f"{method} {path} HTTP/1.1", *said]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def status(line: Attacker) -> int:
    """Return the status of the answer that comes, whole."""
    said = line.until_closed(SOON)
    assert said.startswith(b"HTTP/1.1 "), said[:200]
    return int(said[9:12])


def bearer(target: Target) -> dict[str, str | None]:
    return {"Authorization": f"Bearer {target.token}"}


def other_sites(target: Target) -> None:
    """Another site in a user's browser gets nowhere, whatever it knows."""
    own = f"{'https' if target.tls else 'http'}://127.0.0.1:{target.ports['web']}"
    for route in ("/", "/livez", "/login", "/streams/honest", "/ws", "/metrics"):
        for origin in ("http://evil.example", "null", "file://", own + ".evil.example", own.replace("127", "128"), ""):
            assert ask(target, "GET", route, {**bearer(target), "Origin": origin})[0] == 403, (route, origin)
        for host in ("evil.example", "127.0.0.1.nip.io", "localhost.evil.example", ""):
            assert ask(target, "GET", route, {**bearer(target), "Host": host})[0] == 403, (route, host)
    for method in ("PUT", "POST"):
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            assert ask(target, method, "/streams/csrf", {**headers}, b"x")[0] == 403
        assert ask(target, method, "/streams/csrf", {"Cookie": "x=1", "Origin": own}, b"x")[0] in (401, 403)
    assert "csrf" not in target.streams()


def stored_pages(target: Target) -> None:
    """What a stream holds is text for every browser, in a sandbox without scripts."""
    assert ask(target, "PUT", "/streams/page.html", bearer(target), HTML)[0] == 200
    code, said = ask(target, "GET", "/streams/page.html", bearer(target))
    head = said.partition(b"\r\n\r\n")[0].lower()
    assert code == 200
    for line in (
        b"content-type: text/plain; charset=utf-8",
        b"x-content-type-options: nosniff",
        b"content-security-policy: sandbox",
    ):
        assert line in head, head
    _, said = ask(target, "GET", "/streams/%3Cscript%3E", bearer(target))
    assert b"<script" not in said


def heads_without_end(target: Target) -> None:
    """A head has a bound in bytes, in lines and in time."""
    with target.attacker("web") as line:
        line.send(b"GET / HTTP/1.1\r\n" + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n")
        line.until_closed(SOON)
    with target.attacker("web") as line:
        line.send(b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: x\r\n" % number for number in range(5_000)))
        line.until_closed(SOON)
    with target.attacker("web") as line:
        line.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        for _ in range(60):
            if not line.send(b"X: y\r\n") or line.take(0.15) == b"":
                break
        line.until_closed(SOON)
    with target.attacker("web") as line:
        line.send(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n")
        line.until_closed(SOON)


def heads_that_are_none(target: Target) -> None:
    """What is no HTTP is 400 or let go, and two lengths are no length: nothing is smuggled."""
    for text in (
        b"\x00\x00\x00\x00\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b" GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    ):
        with target.attacker("web") as line:
            line.send(text)
            said = line.until_closed(SOON + 4)
            assert not said or 400 <= int(said[9:12]) < 600, (text, said[:200])


def bodies_that_are_too_long(target: Target) -> None:
    """Only a stream's body may be long: any other is refused when its length is said, or passed."""
    with target.attacker("web") as line:
        line.send(request(target, "POST", "/login", {"Content-Length": str(1 << 40)}))
        assert status(line) == 413
    with target.attacker("web") as line:
        head: dict[str, str | None] = {"Content-Length": None, "Transfer-Encoding": "chunked"}
        line.send(request(target, "POST", "/login", head) + b"8000\r\n" + b"x" * 0x8000 + b"\r\n" * 3)
        assert status(line) == 413


def names_with_tricks(target: Target) -> None:
    """A path leads to streams, to the page's files, or nowhere."""
    before = target.streams()
    for name in (*BAD_NAMES, "..%2f..%2fetc%2fpasswd", "%252e%252e", "a%00b", "%ff%fe"):
        path = "/streams/" + name.replace(" ", "%20")
        assert ask(target, "PUT", path, bearer(target), b"x")[0] in (400, 404, 413, 414), name
        assert ask(target, "GET", path, bearer(target))[0] in (400, 404, 414), name
    for path in ("/../../etc/passwd", "/assets/../../x", "//etc/passwd", "/assets/", "/.git/config", "/%2e%2e/x"):
        assert ask(target, "GET", path)[0] in (400, 403, 404), path
    assert target.streams() == before


def guessing_at_the_login(target: Target) -> None:
    """Five failures a minute are answered, alike; then it is LIMIT."""
    answers = [ask(target, "POST", "/login", {}, b'{"token": "hub_admin_%032d"}' % number) for number in range(12)]
    codes = [code for code, _ in answers]
    assert set(codes) <= {401, 429}
    assert codes.count(401) <= 5
    assert codes[-1] == 429
    assert b"retry-after" in answers[-1][1].lower()


def nothing_of_the_inside_is_told(target: Target) -> None:
    """No path, version of a library or traceback is in what strangers are told."""
    for method, path in (("GET", "/x"), ("BREW", "/"), ("GET", "/streams/none"), ("POST", "/login"), ("GET", "/ws")):
        said = ask(target, method, path)[1].lower()
        for word in (b"traceback", b"twisted", b"/usr", b"/tmp", b"python", b".py"):
            assert word not in said, (path, said)


WEB_CASES: tuple[Case, ...] = (
    other_sites,
    stored_pages,
    heads_without_end,
    heads_that_are_none,
    bodies_that_are_too_long,
    names_with_tricks,
    guessing_at_the_login,
    nothing_of_the_inside_is_told,
)
