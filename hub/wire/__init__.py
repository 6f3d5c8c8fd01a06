"""Bytes to messages and back, sans I/O: no transport, no clock, no log, no meaning.

Map:

- `frame`: one frame (PROTOCOL 3): `Frame`, `encode`, `decode`.
- `frame_reader`: `FrameReader.feed(bytes)` gives whole frames, however the bytes were sliced.
- `first_bytes`: what a new connection speaks (raw, frames, HTTP or TLS by mistake), for each port.
- `data_port`: the frames of the data port as typed messages, both directions (PROTOCOL 5).
- `producer_port`: the frames of framed producers as typed messages, both directions (PROTOCOL 4).
- `error_line`: `ERR …`, the same on every port that speaks lines.
- `json_rpc`: JSON-RPC 2.0 envelopes (PROTOCOL 6): calls, answers, notifications.
- `line_reader`: bytes to lines for the command port, each byte looked at once.
- `commands`: parameters of each JSON-RPC method, typed.

Only `model` is imported here. A parser eats bytes and returns values or raises `Problem`; what the values
mean is the conversations' matter.
"""
