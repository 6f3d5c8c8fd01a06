"""A storm: thousands of clients that come back at once, measured and judged.

`loop` carries connections (plain or TLS) and timers in one thread; `clients` are the producers, readers and idle
connections that live in it, written from the protocol alone; `crew` is a process full of them; `weather` is the hub,
what is done to it, and what it takes meanwhile; `storms` puts them together and judges with the checker of `faults`.
`backlog` is another one: many `hungry` readers come back to a day's output while others watch what is live. `small`
makes the hub's machine a small one.
"""
