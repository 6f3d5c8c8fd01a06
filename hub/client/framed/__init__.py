"""Framed producers (PROTOCOL 4): output that survives a lost hub, acknowledged once it is held.

Map, from the values outwards:

- `buffer`: what was written and is not acknowledged yet, in memory (`MemoryBuffer`).
- `spool`: the same in a file (`Spool`), for output that outlives its program and for hubs that are away.
- `commands_done`: commands that came with an `idem`, so that each is done once.
- `machine`: the conversation, sans I/O: bytes from the hub in, events and bytes for the hub out.
- `backoff`: when to try again.
- `producer`: a thread with a socket around all of it: `Producer.write` never waits longer than it is told.

On the standard library and hub's own wire alone, since it starts with every build step.
"""
