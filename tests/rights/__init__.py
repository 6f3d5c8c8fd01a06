"""Who may do what, as tables: every method, frame and route against everybody there is.

The tables are written by hand and compared with the hub's own: a method, verb or route without a row fails.
"""
