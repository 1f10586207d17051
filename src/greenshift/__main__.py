"""``python -m greenshift``, the same as the ``greenshift`` command."""

from greenshift.cli import main

if __name__ == "__main__":
    main()
