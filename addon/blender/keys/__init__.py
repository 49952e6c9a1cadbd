"""Actions, F-curves, sound."""
