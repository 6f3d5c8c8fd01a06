"""What the hub means: streams, readers, sessions, statistics, without a wire and without I/O.

Data flows one way:

    Writer ─ append ─▶ Stream ─┬─▶ Tail (shared recent chunks)        `writer`, `stream`, `tail`
                               ├─▶ Delivery ─▶ ReaderQueue ─▶ Reader  `delivery`, `reader_queue`, `reader`
                               ├─▶ Committer ─▶ Store                 `committer`, the port in `ports`
                               └─▶ Meter                              `meter`, `counters`

and back from the past: `history` (tail, else store) is read in slices that `catch_up` hands out in turn.

`streams` makes streams and ends their runs, and tells new ones to `subscriptions`. `directory` finds them by name;
those that nothing goes on with sleep there as a few hundred bytes. `epochs` counts the lives of offsets. Sessions
outlive connections: those of readers in `sessions` (and the hub itself, by `kept_sessions`), those of framed producers
in `producer_sessions`; `roster` lists and ends both, `presence` says who watches what; `leases` are held by
sessions (`lease_news` tells of them, `kept_leases` stores them). `replies` waits for what
producers answer to commands, `marks` keeps words at places of streams. `events` are what command connections may
subscribe to; `rows` are the shapes of what is answered, `report` fills them, `listing` goes through all streams for a
page of them. `first_answers` keeps what was changed from being changed twice, `deletion` ends streams for ever.
`search` looks through the past, in `slabs` of whole lines, `line_filter` at what comes; both with a `matcher`. `scan`
is how a search is put to a store.
`turn` gathers what is to be done once in a reactor turn, `turn_share` bounds what of it goes to calls, frames and ends,
`timeout` ends what takes too long, `deadlines` watches thousands of silent connections with one
timer, `admission` counts connections, `gate` lets hellos in.
`hub` puts them together; `ports` says what the core needs from outside.

Only `model` is imported here. Publish and fan-out are plain calls; only what waits for the store is `async`.
"""
