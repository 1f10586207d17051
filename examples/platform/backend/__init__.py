"""The backend: each user's own messages, over HTTP and over a WebSocket."""
