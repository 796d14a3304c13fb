"""The first page: promises, health, what changed."""
