"""How fast Fondaco is against the least a program can do, by the benchmark programs beside the repository."""
