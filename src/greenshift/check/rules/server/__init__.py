"""What the server and its proxy allow."""
