"""Options of the search, and the forms of output: scores, alignment, hypotheses, JSON, statistics."""
import math
import re

from program import GREEDY, Test, main, run

TEXT = "I am hungry.\n\nWhere is the station? I have to go home.\n"
BEAM = ["--to", "de", "--beam-size", "3"]


class Search(Test):
    def test_language(self):
        by_option = self.translate(TEXT, "--target-lang", "fr", "--beam-size", "1").lines
        by_text = self.translate("".join(f">>fr<< {line}\n" if line else "\n" for line in TEXT.splitlines()), "--beam-size", "1").lines
        german = self.translate(TEXT, *GREEDY).lines
        self.assertEqual(by_option, by_text)
        self.assertNotEqual(by_option, german)

    def test_hypotheses(self):
        best = self.translate(TEXT, *BEAM).lines
        lines = self.translate(TEXT, *BEAM, "--num-hypotheses", "3", "--scores").lines
        self.assertEqual(len(lines), 3 * len(best))
        self.assertEqual(lines[3:6], ["", "", ""])
        for first, text in ((0, best[0]), (6, best[2])):
            rows = [line.split(" ||| ") for line in lines[first:first + 3]]
            scores = [float(score) for score, _ in rows]
            self.assertEqual(rows[0][1], text)
            self.assertEqual(scores, sorted(scores, reverse=True))
            self.assertEqual(len({tuple(row) for row in rows}), 3)

    def test_too_many_hypotheses_for_the_model(self):
        self.assert_refused(run(["translate", "--num-hypotheses", "32"], "Yes.\n"), 2, "num_hypotheses")

    def test_json(self):
        objects = self.translate(TEXT, *BEAM, "--num-hypotheses", "2", "--alignment", "--json").objects
        plain = self.translate(TEXT, *BEAM).lines
        self.assertEqual([line["text"] for line in objects], plain)
        for line in objects:
            if not line["text"]:
                self.assertEqual((line["source_ids"], line["ids"]), ([], []))
                continue
            self.assertTrue(math.isfinite(line["score"]) and line["score"] < 0)
            self.assertEqual(len(line["hypotheses"]), 2)
            self.assertEqual({key: line[key] for key in ("text", "score", "ids", "alignment")}, line["hypotheses"][0])
            self.assertEqual(line["source_ids"][-1], 0)

    def test_scores_as_in_json(self):
        scores = self.translate(TEXT, *BEAM, "--scores").lines
        objects = self.translate(TEXT, *BEAM, "--json").objects
        self.assertEqual(scores, [f"{line['score']:.6f} ||| {line['text']}" if line["text"] else "" for line in objects])

    def test_alignment(self):
        plain = self.translate(TEXT, *GREEDY).lines
        lines = self.translate(TEXT, *GREEDY, "--alignment").lines
        objects = self.translate(TEXT, *GREEDY, "--alignment", "--json").objects
        for text, line, whole in zip(plain, lines, objects):
            if not text:
                self.assertEqual(line, "")
                continue
            shown, pairs = line.split(" ||| ")
            self.assertEqual(shown, text)
            self.assertRegex(pairs, r"^\d+-\d+( \d+-\d+)*$")
            pairs = [[int(number) for number in pair.split("-")] for pair in pairs.split()]
            self.assertEqual(pairs, whole["alignment"])
            self.assertEqual([target for _, target in pairs], list(range(len(whole["ids"]) - 1)))
            self.assertLess(max(source for source, _ in pairs), len(whole["source_ids"]))

    def test_lengths(self):
        line = TEXT.splitlines()[2]
        full = len(self.translate(line, *GREEDY, "--json").objects[0]["ids"])
        self.assertEqual(len(self.translate(line, *GREEDY, "--json", "--min-length", full + 5).objects[0]["ids"]) >= full + 5, True)
        self.assertLessEqual(len(self.translate("Yes.", *GREEDY, "--json", "--max-length", "3").objects[0]["ids"]), 3)
        self.translate(line, *BEAM, "--length-penalty", "-0.5", "--no-repeat-ngram", "2")
        self.translate(line, "--to=de", "--length-penalty=2")

    def test_oracle(self):
        text = "I am hungry.\n\nYes.\n"
        self.assertEqual(self.translate(text, *GREEDY, "--device", "oracle").lines, self.translate(text, *GREEDY).lines)

    def test_precision(self):
        for precision in ("f32", "f16", "int8", "auto"):
            result = self.translate("Yes.\n", *GREEDY, "--precision", precision, "--stats")
            self.assertTrue(result.lines[0])
            self.assertIn("precision: " + (precision if precision != "auto" else "f32"), result.err)

    def test_cache(self):
        text = "I am hungry.\nYes.\n"
        for cache in ("f32", "f16", "auto"):
            self.assertEqual(self.translate(text, *GREEDY, "--cache", cache).lines, self.translate(text, *GREEDY).lines)

    def test_stats(self):
        err = self.translate(TEXT, *GREEDY, "--stats").err
        stats = dict(re.findall(r"^([a-z_]+): (.*)$", err, re.M))
        for name in ("target_tokens_per_second", "lines", "source_tokens", "target_tokens", "seconds", "submissions",
                     "decoder_steps", "batch_halvings", "device_bytes", "bytes_read_back"):
            self.assertGreaterEqual(float(stats[name]), 0, name)
        self.assertEqual((stats["lines"], stats["batch_halvings"]), ("3", "0"))
        self.assertGreater(float(stats["target_tokens_per_second"]), 0)


if __name__ == "__main__":
    main()
