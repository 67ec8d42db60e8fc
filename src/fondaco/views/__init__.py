"""XML archs: parsed, inherited, combined, held against the models, fitted to a user. Pure functions."""
