"""What the observers in an application's processes say."""
