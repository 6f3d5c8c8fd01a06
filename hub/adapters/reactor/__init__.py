"""The ground that the adapters stand on: Twisted's reactor and transports as the core's ports.

- `clock`: `Clock`, `Tasks` and `Failures`.
- `far_end`: who is on the other side of a transport, and which proxies are believed.
- `flow`: a transport as a `Sink`; the only file that registers producers with transports.
- `portions`: what one read brought, taken over many turns where it is much.
"""
