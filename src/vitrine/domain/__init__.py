"""What Vitrine knows about visits: pure functions and frozen records, no I/O."""
