"""A synthetic French-English corpus: sentences made by a small bilingual grammar written for this course.

Every pair is correct, no text is anybody's, and whole combinations of words ("black cat", "read novel") are kept out
of the training part, so that a translator is asked for sentences it cannot have seen.
"""

from unrolled.data.french_english.corpus import french_english_pairs
from unrolled.data.french_english.pairs_file import load_pairs

__all__ = ["french_english_pairs", "load_pairs"]
