"""What a person wears: glasses and clothes, as solids."""
