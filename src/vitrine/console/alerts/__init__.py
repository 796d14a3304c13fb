"""What fires, and what is kept from being told."""
