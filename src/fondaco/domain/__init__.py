"""Which records does a filter keep? Trees of conditions: read from lists, simplified, tried on records in memory."""
