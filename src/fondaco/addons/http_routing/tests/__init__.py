"""What tests of other addons use; the module itself is tested in the repository's own tests."""
