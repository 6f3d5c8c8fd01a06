"""The web listener: HTTP routes, the WebSocket, the page (PROTOCOL 7).

Map:

- `site`: the listener as one object (`make_site`), and which path goes where.
- `guard`: who may ask at all: Host, Origin, credentials.
- `login`: one-use codes, cookies and their header tokens.
- `connection`: one HTTP connection: counted, with deadlines; `portioned`: parsed a portion a turn.
- `request`: a request whose body goes into a stream while it arrives, instead of to a temporary file.
- `stream_body`: `GET /streams/<name>`: bytes, and following; `ranges` chooses which bytes.
- `operations`: `/livez`, `/readyz`, `/metrics`, `/.well-known/hub`.
- `page`: the built page, loaded once.
- `websocket`: `/ws`; the only file that knows Autobahn; `lane`: one direction of speech there.
- `answer`: small answers: JSON, text, problems.
"""

from hub.adapters.web.site import Front, WebListener, make_site

__all__ = ["Front", "WebListener", "make_site"]
