"""The versions under load: their folders, their databases, and the processes that serve them."""
