"""One suite for each port, run by every adapter and by the fakes."""
