"""Both services as processes of their own under uvicorn, with real clients."""
