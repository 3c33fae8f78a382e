"""What a server that strangers reach must settle: who asks, whose a run is, how much is allowed, whose turn it is."""
