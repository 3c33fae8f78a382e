"""What a server that strangers reach must settle: what is served, who asks, whose a run is, how much, whose turn."""
