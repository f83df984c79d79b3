"""Lesson 09's translator with attention on real sentences: Spanish to English, from Tatoeba, at most seven tokens.

    .venv/bin/unrolled data get translation_pairs
    .venv/bin/python utils/measurements/09_seq2seq_real.py [SEEDS]

Runs the lesson's own last cells, with the course's answers. Training and test share no English and no Spanish
sentence, and BLEU takes all translations of a sentence. Prints a line for each seed: BLEU, the number of pairs to
learn from, and that of held-out sentences. Some two minutes a seed.
"""

import sys

from lesson_names import names_of


def main(seeds: int) -> None:
    lesson = names_of("09_seq2seq", "def real_bleu")
    for seed in range(seeds):
        bleu, pairs, held = lesson["real_bleu"](seed)
        print(f"seed {seed}: BLEU {bleu:.1f}, {pairs:,} pairs to learn from, {held:,} held-out sentences", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
