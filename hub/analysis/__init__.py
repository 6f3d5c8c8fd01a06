"""What has to look inside lines: levels, numbers, lengths. A process of its own, so that it slows no delivery.

`process` is its loop: it reads chunks and questions from the hub, and writes answers; `hub/adapters/analyzer.py` is the
hub's end of that. `numbers` holds what is known of each stream (`stream_numbers`), the most recent ones in memory and
all in a file (`shelf`). `levels`, `fields` and `lengths` look at text, `tiers` keeps numbers over time in ever coarser
steps. Everything but `process` and `shelf` is without I/O. What the hub could not hand over in time is skipped, and
the hub, which knows all, says as `sampled` which part was looked at.
"""
