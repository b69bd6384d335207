"""What `notes` and `melodies` are played on: instruments that do not exist, and how they sound."""
