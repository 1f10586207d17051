"""Articles and their comments: a small application that reads from replicas."""
