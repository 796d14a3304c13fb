"""What a running program says of itself."""
