"""Lines in, lines out: order, blank lines, line ends, and bytes that are not text."""
import json

from program import GREEDY, MODEL, SOURCE, Test, main, run, start

HELLO = "Where is the station?"

#            input                                             which lines are translations of HELLO (1), empty (0) or any text (2)
SHAPES = [
    (b"",                                                      []),
    (b"\n",                                                    [0]),
    (b"\n\n \t\n\r\n",                                         [0, 0, 0, 0]),
    (HELLO.encode(),                                           [1]),
    (HELLO.encode() + b"\n",                                   [1]),
    (HELLO.encode() + b"\r\n\r\n" + HELLO.encode(),            [1, 0, 1]),
    (b"\xef\xbb\xbf" + HELLO.encode() + b"\n",                 [1]),
    (b"\xef\xbb\xbf\n" + HELLO.encode() + b"\n",               [0, 1]),
    (b"\xef\xbb\xbf",                                          [0]),
    (b"\n" + HELLO.encode() + b"\n\n" + HELLO.encode() + b"\n\n", [0, 1, 0, 1, 0]),
    (b"a\0b\n\0\n" + HELLO.encode() + b"\n",                   [2, 2, 1]),
    (b"caf\xe9 \xff\xfe\n\xc0\x80\n\xed\xa0\x80\n" + HELLO.encode(), [2, 2, 2, 1]),
    ("\u2028 \u0085 \x0b\x0c\n".encode() + HELLO.encode(),     [2, 1]),
]


def goldens(language, count):
    lines = json.loads((SOURCE / "checks/goldens/tatoeba-en-de-fr-es.json").read_text(encoding="utf-8"))
    chosen = [line for line in lines if line["to"] == language and line["greedy_margin"] > 0.01]
    return chosen[:count]


class Text(Test):
    def test_shapes(self):
        hello = self.translate(HELLO, *GREEDY).lines[0]
        self.assertTrue(hello)
        for data, kinds in SHAPES:
            with self.subTest(data=data):
                lines = self.translate(data, *GREEDY).lines
                self.assertEqual(len(lines), len(kinds), lines)
                for line, kind in zip(lines, kinds):
                    if kind < 2:
                        self.assertEqual(line, hello if kind else "")

    def test_what_is_not_utf8_is_said(self):
        result = self.translate(b"caf\xe9 is open\ngood\n\xff\xff\n", *GREEDY, "--json")
        self.assertIn("not UTF-8, read as U+FFFD: 2", result.err)
        self.assertEqual([bool(line["repairs"]) for line in result.objects], [True, False, True])

    def test_utf16_is_refused(self):
        self.assert_refused(run(["translate"], "Hello.\n".encode("utf-16")), 1, "standard input", "UTF-16", "iconv")

    def test_a_line_that_is_too_long_is_split(self):
        result = self.translate(" ".join([HELLO] * 60) + "\n" + HELLO, *GREEDY, "--json")
        long, short = result.objects
        self.assertGreater(long["parts"], 1)
        self.assertEqual(short["parts"], 1)
        self.assertIn("cut at sentence ends: 1", result.err)
        inside = short["source_ids"][1:-1]              # without language and end, which each part has once
        self.assertEqual([token for token in long["source_ids"] if token in inside], inside * 60)

    def test_goldens_in_order(self):
        """Lines of many lengths, together and one after the other, are what the reference says."""
        lines = goldens("de", 24)
        text = "".join(line["source"] + "\n" for line in lines)
        together = self.translate(text, *GREEDY).lines
        self.assertEqual(together, [line["greedy"] for line in lines])
        self.assertEqual(self.translate(text, *GREEDY, "--batch-rows", "1").lines, together)
        self.assertEqual(self.translate(text, MODEL, *GREEDY, "--batch-tokens", "40").lines, together)

    def test_many_chunks(self):
        """More lines than are read at a time, and than a pipe holds."""
        count = 30000
        text = "".join("\n" * 9 + ("Yes.\n" if i % 1000 == 0 else "\n") for i in range(count // 10))
        lines = self.translate(text, *GREEDY).lines
        yes = self.translate("Yes.", *GREEDY).lines[0]
        self.assertEqual(len(lines), count)
        self.assertEqual({i for i, line in enumerate(lines) if line}, set(range(9, count, 10000)))
        self.assertEqual({line for line in lines if line}, {yes})

    def test_an_answer_comes_at_once(self):
        """A program that writes a line and waits gets its translation."""
        process = start(["translate", *GREEDY])
        answers = []
        for line in goldens("de", 3):
            process.stdin.write((line["source"] + "\n").encode())
            process.stdin.flush()
            answers.append((process.stdout.readline().decode().rstrip("\n"), line["greedy"]))
        out, err = process.communicate()
        self.assertEqual((process.returncode, out), (0, b""), err)
        for found, expected in answers:
            self.assertEqual(found, expected)


if __name__ == "__main__":
    main()
