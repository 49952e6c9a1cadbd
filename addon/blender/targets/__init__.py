"""What motion can be written to."""
