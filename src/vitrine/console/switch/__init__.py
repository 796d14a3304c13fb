"""The off switch."""
