"""Many recordings at once, unattended: rows of a manifest in, clips and a table of results out."""
