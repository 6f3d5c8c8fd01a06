"""Real sockets on loopback, and stores."""
