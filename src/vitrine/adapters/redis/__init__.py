"""A Redis that several processes share: the cache and the limits, and nothing that must last."""
