"""Events and visits in a SQL database: SQLite by default."""
