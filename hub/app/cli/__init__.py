"""The command line.

Map:

- `group`: the command `hub` itself: finds each subcommand's file when it is called, and turns what went wrong into
  a sentence and an exit code.
- `exit_codes`: those codes, and how a run's status becomes one.
- One file a command: `serve`, `send`, `tail`, `cat`, `ls`, `stats`, `wait`, `open`, `status`, `config`, `login`,
  `completion`, `version`. `send` starts on the standard library alone and never loads click.
- `hub_options`: `--url` and `--data-dir`, shared by all that talk to a hub; `stream_names`: looking names up.
- What people read: `harmless` (escape sequences made harmless), `lines` (chunks to lines), `screen` (prefixes, the
  unfinished last line), `words` (gaps, ends and sizes in words), `moments` (times that people type).

Only `serve` knows Twisted; all else uses `hub.client`.
"""
