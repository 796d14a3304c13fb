"""What Vitrine does, in terms of ports: no HTTP, no SQL, no metrics."""
