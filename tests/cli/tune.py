"""attune tune: what it tries, that it changes no result, and that later runs find what it kept."""
import re

from program import GREEDY, NO_DRIVER, Test, main, run

ROW = re.compile(r"^(\w+) +(\d+)(\*| )  (\w+:\S+) +(.*)$")
KEPT = re.compile(r"^(\w+) +(\d+)  (\D.*)$")
TEXT = "This is a test.\nIt has two lines.\n"


class Tune(Test):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "cache"

    def tune(self, *words):
        result = run(["tune", "--cache-file", self.file, *words])
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(result.err, "")
        return result.out.decode()

    def told(self, *words):
        """What a translation says of its cache, and its lines."""
        result = self.translate(TEXT, *GREEDY, "-v", "--cache-file", self.file, *words)
        return [line.split(": ", 2)[2] for line in result.err.split("\n") if line.startswith("cache: ")], result.out

    def test_tries_and_keeps(self):
        out = self.tune()
        rows = [match.groups() for match in map(ROW.match, out.split("\n")) if match]
        kept = {match[1]: match[2] for match in map(KEPT.match, out.split("\n")) if match}
        self.assertEqual(set(kept), {"product_sharing", "product_rows", "single_tiles", "decode_groups", "rows_in_turn", "texel_loads", "point_run"})
        for choice, value in kept.items():
            with self.subTest(choice=choice):
                tried = [row for row in rows if row[0] == choice]
                cases = {row[3] for row in tried}
                self.assertGreaterEqual(len(cases), 2)
                for case in cases:
                    values = [row for row in tried if row[3] == case]
                    self.assertEqual([row[2] for row in values], ["*"] + [" "] * (len(values) - 1))
                    self.assertGreaterEqual(len({row[1] for row in values}), 2 if choice == "texel_loads" else 3)
                self.assertIn(value, {row[1] for row in tried})
        self.assertNotIn("WRONG", out)
        self.assertNotIn("failed", out)
        self.assertNotIn("is not used", out)
        self.assertRegex(out, r"\d \D?s\.\.\d")
        self.assertTrue(out.endswith(f"\nkept in {self.file}\n"))

        _, usual = self.told("--no-cache")
        lines, tuned = self.told()
        self.assertIn("has pipelines, qualification, tuning of this device", lines)
        self.assertEqual(tuned, usual)

    def test_damaged(self):
        self.assertIn("; not tried", self.tune("--max-seconds", "0"))
        good = self.file.read_bytes()
        self.file.write_bytes(good[:-9] + bytes([good[-9] ^ 1]) + good[-8:])
        self.assertEqual(self.told()[0][0], "ignored: is damaged")
        self.assertNotIn("tuning", self.told()[0][0])

    def test_refused(self):
        self.assert_refused(run(["tune", "--device", "oracle"], env=NO_DRIVER), 2, "oracle")
        self.assert_refused(run(["tune", "--device", "no such"]), 3, "no such")
        self.assert_refused(run(["tune", "--max-seconds", "x"], env=NO_DRIVER), 2, "--max-seconds")
        self.assert_refused(run(["tune", "all"], env=NO_DRIVER), 2, "one word too many")
        self.file.write_text("a letter")
        refused = run(["tune", "--cache-file", self.file, "--max-seconds", "0"])
        self.assertEqual(refused.status, 1)
        self.assertIn("is no cache of attune's", refused.err)
        self.assertEqual(self.file.read_text(), "a letter")
        nowhere = run(["tune", "--no-cache", "--max-seconds", "0"])
        self.assertEqual(nowhere.status, 0)
        self.assertTrue(nowhere.out.endswith(b"\nkept nowhere\n"))


if __name__ == "__main__":
    main()
