"""The models of the seed: users, their posts, their roles."""
