"""Stand-ins for the core's ports, in one place: virtual time, tasks that are driven by hand, recorded ways out.

- `clock`: `FakeClock`, time that moves when told to.
- `tasks`: `FakeTasks` drives coroutines, `Wait` is what they wait for; `FakeFailures` keeps what was reported.
- `store`: `TrickyStore` makes any store slow, failing and asynchronous on purpose.
- `sink`: `RecordingSink`, a peer that may stop taking.
- `accounts`: tokens by name.
- `world`: a whole hub on these, and how tests talk to it.
- `slicing`: one helper to feed any parser whole, byte by byte and with a tail.
"""
