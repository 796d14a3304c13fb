"""What an operator runs: live traffic, imports and replays, everything at once."""
