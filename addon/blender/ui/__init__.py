"""Panel, preferences, properties and reports."""
