"""Cases that tests of other addons extend; base itself is tested in the repository's own tests."""
