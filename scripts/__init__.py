"""Programs of the repository that are no part of what is installed."""
