"""The commands about the course's subject."""
