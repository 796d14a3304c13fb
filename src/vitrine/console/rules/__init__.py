"""What each segment is shown, compared, and overridden by the owner."""
