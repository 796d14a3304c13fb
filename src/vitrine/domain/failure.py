"""Errors that people are meant to read."""


class Failure(Exception):  # noqa: N818 - what it names is not a mistake in the code
    """Something that can happen to anybody; the message says what, where and what to do."""
