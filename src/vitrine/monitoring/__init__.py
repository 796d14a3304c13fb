"""What is generated from declarations in the code, and checked for drift."""
