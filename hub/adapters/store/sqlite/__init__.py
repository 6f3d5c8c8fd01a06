"""Streams in one SQLite file.

Map, from what the hub sees down to the file:

- `store`: `SqliteStore`, the port, and what happens when the file is opened.
- `worker`: threads with a queue of jobs, whose results come back in the reactor; `grouping`: small writes that
  share a transaction; `breath`: letting the reactor run meanwhile.
- `writer`: batches and records, each a transaction that is on the disk when its call returns; `entry`: what it
  remembers of a stream.
- `reserve`: room held for when the disk is full; `identity`: files that were removed while they are written.
- `reading`: reads and seeks.
- `housekeeping`: what the writing thread does in between: `merging` small blocks, `retention`, which judges ages by
  a `patient_clock`.
- `searching`: processes that search the file, and asking them; `search_process`: one of them; `scanning`: what it does;
  `sieve`: many small streams at once.
- `block`: pieces joined, compressed, under a checksum; `row`: a stream's record, packed.
- `inspection`: what is in the file and whether it can be read; `copies`: backup, a compact file, plain files.
- `trouble`: what is wrong with it, in the log, once.
- `schema`: tables and upgrades; `database`: connections, and errors in words.
"""
