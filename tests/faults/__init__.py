"""What peers, networks, disks and kill -9 do, and what was promised for it.

Nothing here but `hub_process` knows the hub's code: frames, producers and readers are written anew from the protocol,
so that they are a second opinion on the wire.

- `frames`: frames from bytes and back. `script`: what a producer writes, each line to be told apart.
- `journal`: what a producer or a reader saw, in a file that survives its own kill -9.
- `checker`: judges journals: nothing lost, doubled, invented, out of order; `held`: what one reader holds.
- `link`: a socket that speaks frames. `producer`, `reader`: the peers, each a process; `peer_process` kills it.
- `hub_process`: the hub, killed and started again. `proxy`: the bad network between them.
- `disk`: the hub's disk and clock, which fail as they are told (`disk.c`, preloaded). `scene`: a hub on it, with peers.
- `test_failing_machine`: what was promised for each such failure; `test_half_open`: for links that go dead.
- `strikes`: what is done to all of these. `rounds`: rounds of violence; `python -m faults` runs them.
- `test_trace`: what strace sees of a hub: a finished sync before each ACK.
- `test_*`: the tests of these, and of hostile bytes.
"""
