"""What is shown: readings as tables of a terminal."""
