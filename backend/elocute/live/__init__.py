"""Motion sent to other programs while it plays: Live Link Face over UDP, VMC over OSC."""
