"""A website that adapts to who is visiting, inside the first visit, with every part in view."""

from importlib.metadata import version

__version__ = version("vitrine")
