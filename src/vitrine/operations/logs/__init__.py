"""Reads logs that were written to files, also while they are written and rotated."""
