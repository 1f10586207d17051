"""Users of both services."""

import httpx

PASSWORD = "correct horse battery staple"


async def log_in(auth: httpx.AsyncClient, email: str, base: str = "") -> dict[str, str]:
    """Register a user, log in, and return the headers that say who asks."""
    account = {"email": email, "password": PASSWORD}
    registered = await auth.post(f"{base}/register", json=account)
    assert registered.status_code == 201, registered.text
    answer = await auth.post(f"{base}/login", json=account)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
