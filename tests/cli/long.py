"""Input of any length: lines of megabytes, an endless word, very many lines; order, losses and memory.

The model is tiny and writes a word or two for each part, so that a software driver keeps up: this shows what becomes
of lines and of memory, and nothing about translation. All rows: 100 MB and 1,000,000 lines."""
import os
import random
import re

from program import ALL_ROWS, PATIENCE, SLOWNESS, Test, main, run, start
from tiny_model import PIECES, VOCABULARY, WORDS, write_tiny_model

MEGABYTES = 100 if ALL_ROWS else 4
LINES = 1_000_000 if ALL_ROWS else 50_000
SPREAD = 1 if ALL_ROWS else 8                 # every so many lengths of 1 to 511 words
GAP = " " * 17_000 + "\u3000" + " " * 17_000  # over 64 bytes a token: what stands behind it is cut as if by itself
PIPE = 1 << 18                                # bytes that the program reads at a time
SANITIZED = SLOWNESS > 1                      # freed memory is kept back for a while
#                         input                                                  lines
HELLO = WORDS[0] + " " + WORDS[7] + "."
LONG = HELLO + " " * 1_200_000 + HELLO
FRAMES = [
    (LONG,                                                                       1),
    (LONG + "\n",                                                                1),
    (LONG + "\r\n" + HELLO,                                                      2),
    ("\ufeff" + LONG + "\n\n" + HELLO + "\n" + LONG,                             4),
    (HELLO + "\n" + LONG + " \n" + LONG + "\n",                                  3),
    ("a\0\u00e9" + LONG.replace(" ", "\u3000", 9) + "\0\n" + HELLO,              2),
    ((HELLO + " " * PIPE * 6)[:PIPE * 6 - 2] + ".\r\n" + HELLO,                   2),   # CR LF between two reads
    ((HELLO + " " * PIPE * 6)[:PIPE * 6 - 2] + ".\r." + HELLO,                    1),
    ("." + "\u3000" * PIPE * 2 + HELLO,                                          1),   # a character between two reads
]


class Long(Test):
    def setUp(self):
        super().setUp()
        self.model = write_tiny_model(self.folder / "model")
        self.source, self.result = self.folder / "in", self.folder / "out"
        self.random = random.Random(5)

    def words(self, count):
        return " ".join(self.random.choice(WORDS) for _ in range(count))

    def texts(self, data, *words):
        return [line["text"] for line in self.translate(data, self.model, "--json", *words).objects]

    def measured(self, pieces, *words):
        """Translates what the pieces are together; its statistics, and the program's peak of memory in MiB.
        Nothing is held here: a program starts with the memory of the one that started it."""
        with open(self.source, "w", encoding="utf-8", newline="") as file:
            for piece in pieces:
                file.write(piece)
        process = start(["translate", self.model, "--src", self.source, "--out", self.result, "--stats", *words])
        process.stdin.close()
        process.stdout.close()
        with process.stderr:
            err = process.stderr.read().decode()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, err)
        stats = dict(re.findall(r"^([a-z_]+): ([\d.]+)$", err, re.M))
        stats["was_split"] = "cut at sentence ends: 1\n" in err
        return stats, used.ru_maxrss / 1024

    def assert_level(self, name, small, large, seconds):
        print(f"\n{name}: {seconds} s, {large:.1f} MiB of memory, {small:.1f} MiB for a fraction", flush=True)
        if not SANITIZED:
            self.assertLess(large - small, 2 if not ALL_ROWS else 6)

    def blocks(self):
        """Three texts of nearly 1 MB of sentences, each short enough to be held whole, and their translations."""
        texts = []
        for _ in range(3):
            text = ""
            while len(text) < 980_000:
                text += self.words(self.random.randint(1, 40)) + self.random.choice([". ", ".  ", ".\u3000", "! "])
            texts.append(text.rstrip())
        return texts, self.texts("\n".join(texts) + "\n")

    def test_a_long_line(self):
        """The whole is what its blocks are, in order, with the white space between them."""
        texts, expected = self.blocks()
        self.assertEqual(len(set(expected)), 3)
        count = MEGABYTES
        self.assertFalse(any(len(text.encode()) > 1 << 20 for text in texts))
        _, small = self.measured(piece for text in texts[:2] for piece in (text, GAP))
        stats, large = self.measured(piece for i in range(count) for piece in (texts[i % 3], GAP))
        self.assertGreater(self.source.stat().st_size, MEGABYTES * 1_000_000)
        self.assertEqual((stats["lines"], stats["split_lines"], stats["was_split"]), ("1", "1", True))
        self.assertTrue(self.result.read_bytes() == (GAP.join(expected[i % 3] for i in range(count)) + "\n").encode())
        self.assert_level("a long line", small, large, stats["seconds"])

    def test_an_endless_word(self):
        """Cut between characters, none of them lost."""
        unit = "aeiou" * 8 * 25 + "\u00e9"
        repeats = MEGABYTES * 1_000_000 // len(unit)
        small_stats, small = self.measured(unit for _ in range(repeats // 3))
        self.assertTrue(small_stats["was_split"])
        if not ALL_ROWS:
            whole = self.translate(unit * (repeats // 3), self.model, "--json").objects[0]
            self.assertEqual("".join(VOCABULARY[i] for i in whole["source_ids"] if i).replace("\u2581", ""), unit * (repeats // 3))
            self.assertEqual(self.result.read_text(), whole["text"] + "\n")
            self.assertEqual(small_stats["source_tokens"], str(len(whole["source_ids"])))
        stats, large = self.measured(unit for _ in range(repeats))
        self.assertEqual((stats["lines"], stats["split_lines"]), ("1", "1"))
        self.assertGreaterEqual(int(stats["source_tokens"]), 26 * repeats)
        self.assert_level("an endless word", small, large, stats["seconds"])

    def test_many_lines(self):
        """Each is translated as it is alone."""
        lines = [self.words(1 + i % 6) for i in range(199)] + [""]
        limits = ["--max-length", "3"]
        alone = dict(zip(lines, self.texts("\n".join(lines) + "\n", *limits, "--batch-rows", "1")))
        self.assertGreater(len(set(alone.values())), 20)
        order = [i * 7919 % 199 if i % 5 else 199 for i in range(997)]
        _, small = self.measured((lines[order[i % 997]] + "\n" for i in range(LINES // 5)), *limits)
        stats, large = self.measured((lines[order[i % 997]] + "\n" for i in range(LINES)), *limits)
        with open(self.result, encoding="utf-8") as file:
            wrong = [i for i, line in enumerate(file) if line != alone[lines[order[i % 997]]] + "\n"]
        self.assertEqual((wrong, stats["lines"], stats["split_lines"]), ([], str(LINES), "0"))
        self.assert_level(f"{LINES} lines", small, large, stats["seconds"])

    def test_mixed_lengths(self):
        """1 to 512 tokens, shuffled: each as it is alone."""
        lines = [self.words(count) for count in [*range(1, 511, SPREAD), 511]]
        self.random.shuffle(lines)
        together = self.translate("\n".join(lines), self.model, "--json").objects
        alone = self.translate("\n".join(lines), self.model, "--json", "--batch-rows", "1").objects
        self.assertEqual(together, alone)
        self.assertEqual([len(line["source_ids"]) for line in together], [len(line.split()) + 1 for line in lines])
        self.assertGreater(len({line["score"] for line in together}), len(lines) * 9 // 10)   # none is another's

    def test_frames(self):
        """Where lines begin and end when they come in pieces; JSON, which holds them whole, says the same."""
        for data, count in FRAMES:
            with self.subTest(data=data[:40], bytes=len(data.encode())):
                lines = self.translate(data, self.model).lines
                self.assertEqual(len(lines), count)
                self.assertTrue(lines == self.texts(data))

    def test_white_space_without_text(self):
        """A blank line stays empty, unless there is more of it than is held."""
        self.assertEqual(self.translate(" " * 1_060_000 + "\n" + HELLO + " " * 1_060_000 + "\n", self.model).lines,
                         ["", self.translate(HELLO, self.model).lines[0]])
        lines = self.translate(" " * 3_000_000 + "\n" + HELLO, self.model).lines
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines[0].strip(" "), "")

    def test_what_must_be_held_is_refused_at_some_length(self):
        with open(self.source, "w", encoding="utf-8") as file:
            file.write(HELLO + "\n")
            for _ in range(65):
                file.write("a" * (1 << 20))
        for form in (["--json"], ["--scores"], ["--alignment"], ["--num-hypotheses", "2", "--beam-size", "2"]):
            with self.subTest(form=form):
                result = run(["translate", self.model, "--src", self.source, *form])
                self.assertEqual(result.status, 1)
                self.assertIn("line 2 is longer than 64 MiB", result.err)
                self.assertIn("plain text", result.err)


if __name__ == "__main__":
    main()
