"""Pages for the owner and the operator, rendered here, behind a login."""
