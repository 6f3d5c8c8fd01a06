"""Composition: configuration, the service, and the commands.

Map:

- `config` and `config_*`: one frozen `Config`, from flags, environment, file and defaults.
- `service`: a hub as a Twisted service; `listeners`, `methods` and `process` are what it is made with.
- `tap`: `twistd hub`.
- `cli`: the command line; each command in a file of its own.

The only place that may import the global reactor, and that knows all layers.
"""
