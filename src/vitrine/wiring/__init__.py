"""The only place that builds objects."""
