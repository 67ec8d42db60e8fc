"""What a person types: commands, flags, answers on stdout, progress on stderr, exit codes."""
