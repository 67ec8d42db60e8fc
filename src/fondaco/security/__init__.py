"""What is secret and what may run: credentials, and the sandbox for code that comes from data."""
