"""Hub: programs stream their output to one place, and people watch it live, without losing a line.

Map, lowest layer first; each imports only what stands above it in this list:

- `model`: values that every layer may hold.
- `wire`: bytes to messages and back, sans I/O.
- `core`: streams, reader queues, sessions, statistics, and the ports that they need. Does not know `wire`.
- `conversations`: one sans-I/O machine for each kind of peer.
- `adapters`: sockets, HTTP, stores, clocks.
- `client`: producer, reader and commander for other programs, on the same wire.
- `app`: configuration, composition, twistd entry, command line.
"""
