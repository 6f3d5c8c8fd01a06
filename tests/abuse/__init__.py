"""Abuse, with the outcome that is promised for each: run as `python -m abuse` from tests/, or in short by pytest.

- `target`: a real hub, plain or over TLS, and what is looked at after each case.
- `attacker`: one connection that does what it should not.
- `honest`: a producer and a reader beside it, whose latency is measured.
- `cases`: what is done, and what comes of it; `web_cases`, `tls_cases`, `command_cases` by the port that it is done to.
"""
