"""The auth service: users, and logins that can be taken back."""
