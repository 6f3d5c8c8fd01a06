"""One machine for each kind of peer, sans I/O: bytes or messages in, calls on the core, frames out to a Sink.

Map:

- `producer`: the producer port: what a connection speaks, handed on to one of the next two.
- `raw_producer`: raw bytes into a stream; `framed_producer`: frames of a session that outlives its sockets.
- `meta`: what producers say of their runs.
- `reader`: the data port, frames in both directions.
- `commander`: the command port, JSON-RPC; its methods stand in `hub_methods`, `stream_methods` and `search_methods`.
- `commands_out`: what is on its way to a producer that may not read it.
- `calls`: calls of a command connection; `under_way`: those that wait, and batches that wait for their calls.
- `event_queue`: events that wait for a command connection.
- `slices`: many calls at once, some milliseconds a turn; `frames_in`: many frames, likewise.
- `follower`: one stream as a response body: plain bytes, server-sent events or NDJSON.
- `body_producer`: a request body into a stream.
- `web_socket`: a commander and a reader on one socket.
- `life`: heartbeats, death and stalls, the same for all of them.

An adapter makes a conversation with a `Peer` and a `Sink`, and calls `received`, `writable` and `lost`. Whatever
a peer does wrong is told as an error, counted, and survived; our own faults are the adapter's to catch.
"""
