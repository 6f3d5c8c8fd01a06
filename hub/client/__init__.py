"""Clients of a hub for other programs: blocking, on the standard library and hub's own wire alone.

Map, in the order in which a program meets it:

- `places`: where a user's files are (data directory, stored login), the same for clients and the hub.
- `locator`: `Locator.locate()` finds a hub, by URL or by its data directory, and returns a `Hub`: where to connect
  and with which token.
- `connection`: a `Connection` is one socket, plain, TLS or Unix; `Unreachable` and `HubLost` are what can befall it.
- `producer`: `RawProducer` streams bytes into a hub, best effort.
- `framed`: a package of its own: `Producer` keeps bytes until the hub holds them, in memory or in a `Spool`.
- `capture`: a `logging.Handler` and what a program prints, never waiting; `twisted_producer`: for
  programs on Twisted, the one module here that imports it.
- `masking`: secrets of the environment, masked in output.
- `reader`: `Reader` subscribes on the data port; `data_events` are the typed values that it receives.
- `follower`: `Follower` is a reader that survives: it reconnects, goes on by cursor and tells what was missed, as
  the values of `news`.
- `commander`: `Commander` calls JSON-RPC methods and receives notifications.
- `web`: the few HTTP requests that a client needs.

What the hub refuses arrives as `hub.model.problem.Problem`. Nothing here prints, exits or reads a command line.

    hub = Locator.from_environment().locate()
    with Commander.connect(hub) as commander:
        print(commander.call("stream.list", pattern="ci/**"))
"""
