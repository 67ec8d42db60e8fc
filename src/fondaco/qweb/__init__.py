"""How a template becomes markup: templates are compiled to Python once and run with values, without a database."""
