"""Several processes that serve one home on one port, and the one that starts them."""
