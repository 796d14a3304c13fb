"""The lines of the log that were written last."""
