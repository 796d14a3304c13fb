-- Run once, where the database is made: which statements take how long.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
