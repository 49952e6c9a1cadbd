"""English: from written to spoken words, its dictionary, and letter-to-sound rules."""
