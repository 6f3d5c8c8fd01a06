"""Values that every layer may hold, and that know nothing of sockets, time or storage.

Map, smallest first:

- `chunk`: the bytes that travel (`Chunk`) and the bytes that do not (`Gap`).
- `cursor`: where a reader is (`Cursor`), and how a hub judges one (`judge`).
- `begin`: where a subscription begins.
- `stream_name`, `pattern`: names of streams, and the patterns that match them.
- `session_key`: secret keys and the public ids made from them.
- `run`: one writer's stretch of a stream, and how it ended.
- `kept_session`: a reader's session as it is kept while the hub is down.
- `record`: a stream as it is kept, all that is known of it beside its bytes.
- `retention`: what of the streams is kept, and how long.
- `principal`: who somebody is, and what their role allows.
- `peer`: where a connection comes from.
- `problem`: every error that a peer may be told, with its code on each wire.
- `limits`: every bound of the hub, with its default; one documented place.

Only the standard library is imported here, and msgspec, whose structs are small and pack themselves; nothing here
imports another layer.
"""
