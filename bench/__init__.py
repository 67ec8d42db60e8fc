"""How fast Fondaco is against the least a program can do: drives the benchmark programs that lie beside the repository."""
