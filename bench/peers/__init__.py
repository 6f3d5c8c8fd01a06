"""What the load generator knows of each server: how to start it, greet it, and frame for it.

A `Peer` is one server as it is used in one way (a message a line, or 32 KiB batches, or plain bytes). `peer` has the
protocol, `nats`, `jetstream`, `redis`, `relay` and `hub` implement it; `relay.c` and `twisted_relay.py` are servers of
our own, the limit beside which all others are seen. No client library takes part: each speaker is the few lines of
its protocol that publishing and subscribing need, on plain sockets.
"""
