"""What the last days teach."""
