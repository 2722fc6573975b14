"""--verbose: what each level says on standard error, and that what is translated does not change."""
import re

from program import GREEDY, NO_DRIVER, SLOWNESS, Test, main, run

TEXT = "Good morning!\nWhere is the station?\n"

#                words               topics of the lines on standard error
LEVELS = [
    ([],                             set()),
    (["--verbose=0"],                set()),
    (["-v"],                         {"device", "cache"}),
    (["--verbose=2"],                {"device", "cache", "model", "weights", "program"}),
    (["-vvv"],                       {"device", "cache", "model", "weights", "program", "plan"}),
    (["--verbose=4", "--stats"],     {"device", "cache", "model", "weights", "program", "plan", "encoder", "step"}),
]
TOPIC = re.compile(r"^(device|cache|model|weights|program|plan|encoder|step|keep): ")
HEAD = re.compile(r"^(\w+): programs (\d+), runs (\d+), timed (\d+); each dispatch alone, by the device's timestamps; "
                  r"([\d.]+) s in all runs$")
ROW = re.compile(r"^ *([\d.]+) % +([\d.]+) s +(\d+) x +[\d.]+ us  \w+ +\w+$")


class Verbose(Test):
    def test_levels(self):
        expected = None
        for words, topics in LEVELS if SLOWNESS == 1 else (LEVELS[0], LEVELS[-1]):     # sanitizers: nothing, all
            with self.subTest(words=words):
                result = self.translate(TEXT, *GREEDY, *words)
                expected = expected or result.out
                self.assertEqual(result.out, expected)
                found = {match.group(1) for match in map(TOPIC.match, result.err.split("\n")) if match}
                self.assertEqual(found - {"keep"}, topics)
                if not topics:
                    self.assertEqual(result.err, "")
        self.check_tables(result.err.split("\n"))       # of the last row

    def check_tables(self, lines):
        stats = dict(line.split(": ", 1) for line in lines if re.match(r"^[a-z_]+: [\d.]+$", line))
        runs = {"encoder": int(stats["encoder_runs"]), "step": int(stats["decoder_steps"])}
        heads = [number for number, line in enumerate(lines) if HEAD.match(line)]
        self.assertEqual([HEAD.match(lines[number]).group(1) for number in heads if not lines[number].startswith("keep")],
                         ["encoder", "step"])
        for number in heads:
            kind, programs, ran, timed, seconds = HEAD.match(lines[number]).groups()
            self.assertEqual(int(ran), runs.get(kind, int(ran)))
            self.assertTrue(int(programs) <= int(timed) <= int(ran))
            rows = []
            for line in lines[number + 1:]:
                match = ROW.match(line)
                if not match:
                    break
                rows.append(match.groups())
            shares, spent = [float(row[0]) for row in rows], [float(row[1]) for row in rows]
            self.assertGreater(len(rows), 3)
            self.assertAlmostEqual(sum(shares), 100, delta=0.1 * len(rows))
            self.assertAlmostEqual(sum(spent), float(seconds), delta=1e-6 * len(rows))
            self.assertEqual(spent, sorted(spent, reverse=True))
            for row in rows:
                self.assertEqual(int(row[2]) % int(ran) if int(programs) == 1 else 0, 0)

    def test_oracle(self):
        result = self.translate("Hello.\n", *GREEDY, "--device", "oracle", "--verbose")
        self.assertEqual(result.err, "device: the oracle: double precision on the CPU\n")

    def test_inspect(self):
        plain, told = run(["inspect"]), run(["inspect", "-vvv"])
        self.assertEqual((plain.status, plain.err), (0, ""))
        self.assertEqual((told.status, told.out), (0, plain.out))
        for line in ["device: ", "weights: ", "program: step: dispatches ", "plan: step\n"]:
            self.assertIn("\n" + line, "\n" + told.err)

    def test_mistakes(self):
        for words, part in [(["translate", "--verbose=5"], "'5'"), (["translate", "--verbose=x"], "'x'"),
                            (["translate", "--verbose="], "needs a value"), (["translate", "-vvvvv"], "did you mean"),
                            (["inspect", "--verbose=4"], "'4'"), (["inspect", "-vvvv"], "did you mean")]:
            with self.subTest(words=words):
                self.assert_refused(run(words, env=NO_DRIVER), 2, part)


if __name__ == "__main__":
    main()
