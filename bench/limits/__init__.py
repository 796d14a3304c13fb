"""`make bench-load`: up to which rate a configuration keeps its objective, and at what cost."""
