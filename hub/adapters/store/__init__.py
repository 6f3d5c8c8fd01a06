"""Stores: adapters of the port `hub.core.ports.Store`.

- `memory`: bounded history in this process, gone with it.
- `sqlite`: one file, synced before anything is acknowledged.
"""
