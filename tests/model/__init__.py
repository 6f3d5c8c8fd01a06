"""Values: no I/O, no time."""
