"""Side-by-side measurements: the hub and its peers, one load generator, one run, and the ratios between them.

`python -m bench` (or `make bench`) starts every server itself, loads each in the same way and prints tables.

    __main__ ──▶ workloads ──▶ peers/     starts a server; knows its handshake and its framing, nothing else
       │             ├───────▶ rig        one server under one load: the generator's processes and their phases
       │             │          ├─ senders    write whole prepared blocks, stamped with the time of sending
       │             │          ├─ receivers  read big buffers and compare every byte with what was to come
       │             │          └─ board      counters in shared memory: the window, the phases, what was delivered
       │             └───────▶ idle       connections that do nothing: what one costs
       └─────▶ report ──▶ results, targets, sheet     medians, ratios, what the hub is to reach; tables, JSON

`lines` holds what is sent and how it is checked; `records` and `peers/hub_frames` take it out of a peer's framing.
`process` starts and ends servers and reads their CPU seconds and memory from /proc: this runs on Linux only.
CPU seconds of the server with its children are the main figure: wall time also depends on what else the machine does.
"""
