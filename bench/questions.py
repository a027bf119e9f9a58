"""What is asked of search: six kinds, in the words of the generated texts; always the same."""

import random
import re
from collections import Counter
from functools import lru_cache

from bench.corpus import SEED
from demo import generator

# Texts that words are taken from; of how many a word is found in, these tell well enough.
READ = 2_000
EACH = 60
KINDS = ("rare", "common", "three words", "prefix", "question", "nothing found")


@lru_cache(maxsize=2)
def questions(*, each: int = EACH) -> dict[str, list[str]]:
    """So many of each kind. Rare words are in one text of a hundred or fewer, common ones in a
    third or more; prefixes are words half typed, questions have 10 to 20 words."""
    chance = random.Random(SEED)
    said = [_words(number) for number in range(READ)]
    held = Counter(word for words in said for word in set(words))
    rare = sorted(word for word, count in held.items() if 0.001 * READ <= count <= 0.01 * READ)
    common = sorted(word for word, count in held.items() if count >= 0.3 * READ)

    def stretch(length: int) -> list[str]:
        words = chance.choice(said)
        at = chance.randrange(len(words) - length)
        return words[at : at + length]

    def half_typed() -> str:
        words = [word for word in stretch(3) if len(word) > 2] or ["khoa"]
        return words[0][: chance.randint(2, len(words[0]) - 1)]

    def nothing() -> str:
        return " ".join([*stretch(2), chance.choice(["xqzk", "wwvb", "kkhoax", "zzqu"])])

    make = {
        "rare": lambda: chance.choice(rare),
        "common": lambda: chance.choice(common),
        "three words": lambda: " ".join(stretch(3)),
        "prefix": half_typed,
        "question": lambda: f"{' '.join(stretch(chance.randint(10, 18)))} ở đâu?",
        "nothing found": nothing,
    }
    return {kind: [make[kind]() for _ in range(each)] for kind in KINDS}


def _words(number: int) -> list[str]:
    made = generator.write(seed=SEED, number=number)
    text = re.sub(r"<[^>]+>", " ", f"{made.title}. {made.summary} {made.body}")
    return [word for word in re.findall(r"[^\W\d_]+", text.lower()) if len(word) > 1]
