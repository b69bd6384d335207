"""Right and wrong answers to the exercises of the course, one file a chapter.

Written from the exercises' text alone, before the checkers were changed, and scored by
`python -m benchmarks.book`.  They measure the checkers, so never edit them to suit a checker.
"""
