"""What to do when an alert fires; readable without a login."""
