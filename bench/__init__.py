"""Measurements that are run by hand or by `make bench`; each module prints what it measured."""
