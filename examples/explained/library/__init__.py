"""A library's books and authors; each of its routes makes one famous mistake."""
