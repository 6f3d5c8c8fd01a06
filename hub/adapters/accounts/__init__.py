"""Who is who: adapters of the port `hub.core.ports.Accounts`.

- `token_file`: the admin token of a data directory.
"""
