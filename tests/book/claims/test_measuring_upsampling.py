"""The numbers that chapter 22 states in its text: what its cells print is tested by executing them."""
