"""Solution 2: everything asynchronous."""
