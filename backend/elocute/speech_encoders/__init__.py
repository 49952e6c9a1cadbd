"""What turns sound, phones or text into features for a network, shared by the families."""
