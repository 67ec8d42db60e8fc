"""Types and pure functions on them: the ground floor, which imports nothing of ours."""
