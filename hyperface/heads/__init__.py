"""3-D heads of known identity: who a person is in numbers, and pictures of that person."""
