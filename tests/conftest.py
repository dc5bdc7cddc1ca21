"""Settings for all tests."""

from hypothesis import settings

# The same examples on every run, however slow the machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
