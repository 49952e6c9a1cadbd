"""What the buttons do: read settings, make one call, report."""
