"""``greenshift init``: what a project needs to be tested with Greenshift, found, written and proved."""
