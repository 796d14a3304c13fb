"""SQLite: the embedded default, for one process on one machine."""
