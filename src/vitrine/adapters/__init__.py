"""The ports made real: files, database, cache; memory versions of each."""
