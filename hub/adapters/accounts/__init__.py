"""Who is who: adapters of the port `hub.core.ports.Accounts`.

- `token_file`: the admin token of a data directory.
- `passwords`: argon2id beside the reactor, as a checker of twisted.cred.
"""
