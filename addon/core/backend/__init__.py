"""The backend as the add-on sees it: its process, its environment, its messages."""
