"""Looks at every part of the monitoring and says what to do; changes nothing."""
