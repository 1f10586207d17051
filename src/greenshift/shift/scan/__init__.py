"""The inventory: every place where an application touches its database synchronously."""
