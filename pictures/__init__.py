"""Pictures of what people see, for the README: `make pictures`."""
