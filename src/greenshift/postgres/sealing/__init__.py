"""What is put into a template so that its clones can be rewound in place."""
