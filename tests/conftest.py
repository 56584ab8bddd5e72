"""What all tests share."""

from hypothesis import settings

# The same cases in each run, and no deadline: a busy machine is no failure.
settings.register_profile("project", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("project")
