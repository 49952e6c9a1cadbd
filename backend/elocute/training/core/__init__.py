"""What every training shares: loop, run folder, batches, losses. Knows no model family."""
