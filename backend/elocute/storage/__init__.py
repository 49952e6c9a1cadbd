"""Files: whole or not at all, read with bounds. Knows nothing of what is in them."""
