"""I/O: everything that touches sockets, files, clocks and other people's libraries.

Map, one folder or file an adapter; adapters never import each other, `app` puts them together:

- `reactor`: clock, tasks and the flow of transports, the ground that the others stand on.
- `tcp`: the three TCP listeners, a protocol that carries any conversation.
- `store/memory`: streams kept in memory, bounded; `store/sqlite`: in one file.
- `accounts`: the admin token in its file.
- `web`: HTTP routes, the WebSocket (the only folder that knows Autobahn), the page.
- `metrics`: counters for Prometheus.

An adapter only translates. An `if` about meaning belongs to a conversation.
"""
