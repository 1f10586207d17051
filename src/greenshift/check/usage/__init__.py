"""How a program's code uses its engines and session factories: what names mean, what calls what, what connects."""
