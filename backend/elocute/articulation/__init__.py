"""What phones ask of the mouth, for every model that knows them: targets, dominance, contacts."""
