"""How hard properties are searched, by Hypothesis profile: `ci`, `local`, and `soak` for `make soak`."""

import os

from hypothesis import settings

# Properties are searched anew on each developer's run; CI repeats the same examples, so that a red build is repeatable.
settings.register_profile("ci", deadline=None, max_examples=40, derandomize=True, database=None)
settings.register_profile("local", deadline=None, max_examples=40)
settings.register_profile("soak", deadline=None, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "local"))
