"""A request that no client made, for tests that call controllers themselves."""

from fondaco.testing.mockrequest import MockRequest

__all__ = ["MockRequest"]
