"""E-mail without a model: addresses, messages, SMTP."""
