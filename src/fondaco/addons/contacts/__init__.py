"""The address book as an app of its own."""
