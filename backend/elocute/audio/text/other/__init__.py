"""Other languages than English: written words, spoken words, and how they sound."""
