"""C++: what the compiled sampling loop and the compiled training step share."""
