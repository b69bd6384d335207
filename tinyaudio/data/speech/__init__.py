"""What `voices` speak with: speakers, sentences, and the source and filter of a voice."""
