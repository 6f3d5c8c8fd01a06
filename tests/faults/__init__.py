"""What peers and networks do wrong, and what was promised for it."""
