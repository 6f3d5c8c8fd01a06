"""The built page, loaded once, compressed once."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from twisted.web.server import Request

from hub.adapters.web.answer import answer_bytes, answer_text

CSP = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    b"font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
MISSING = "The page is not built. `make page` in the project builds it; the ports and commands work without it."


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes
    kind: bytes
    etag: bytes


class Page:
    """The files below a folder, by their path; nothing else can be asked for."""

    def __init__(self, folder: Path | None) -> None:
        self._files: dict[bytes, _File] = {}
        if folder is not None and (folder / "index.html").is_file():
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    self._files[b"/" + path.relative_to(folder).as_posix().encode()] = _load(path)

    def answer(self, request: Request) -> bytes:
        """Return the file at the request's path, `/` being index.html."""
        name = b"/index.html" if request.path == b"/" else request.path
        file = self._files.get(name)
        if file is None:
            missing = request.path == b"/" and not self._files
            return answer_text(request, MISSING if missing else "there is nothing here", 503 if missing else 404)
        request.setHeader(b"Content-Security-Policy", CSP)
        request.setHeader(b"Vary", b"Accept-Encoding")
        hashed = name.startswith(b"/assets/")
        request.setHeader(b"Cache-Control", b"public, max-age=31536000, immutable" if hashed else b"no-cache")
        if request.setETag(file.etag):
            return b""
        accepted = b",".join(request.requestHeaders.getRawHeaders(b"accept-encoding") or [])
        if b"gzip" in accepted and len(file.packed) < len(file.body):
            request.setHeader(b"Content-Encoding", b"gzip")
            return answer_bytes(request, file.packed, file.kind)
        return answer_bytes(request, file.body, file.kind)


def _load(path: Path) -> _File:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind.endswith(("javascript", "json")):
        kind += "; charset=utf-8"
    etag = b'"' + hashlib.sha256(body).hexdigest()[:20].encode() + b'"'
    return _File(body, gzip.compress(body, 9, mtime=0), kind.encode(), etag)
