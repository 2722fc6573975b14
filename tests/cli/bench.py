"""attune bench: names, what it writes and when, and what is left of a run that is interrupted."""
import json
import signal

from program import PATIENCE, Test, main, run, start

SMALL = ["--case", "softmax:rows=4,width=8", "--case", "gemm:m=8,n=2,k=8", "--samples", "2"]


class Bench(Test):
    def records(self, path):
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def test_list(self):
        result = run(["bench", "--list", "--quick"])
        self.assertEqual(result.status, 0, result.err)
        cases, families = result.out.decode().split("\n\n")
        self.assertGreater(len(cases.split()), 15)
        for family in ("attention", "gemm", "layer_norm", "translate", "memory"):
            self.assertIn(f"  {family}:", families)
        some = run(["bench", "--list", "--only", "gemm", "--only", "top*"]).out.decode().split("\n\n")[0].split()
        self.assertTrue(some)
        self.assertEqual({name.split(":")[0] for name in some}, {"gemm", "top_k"})

    def test_refused(self):
        for words, parts in ((["--case", "gem"], ["gem", "gemm, softmax"]),
                             (["--case", "gemm:x=1"], ["'x'", "m, n, k, type"]),
                             (["--case", "gemm:type=f64"], ["'f64'", "f32, f16, i8"]),
                             (["--only", "nothing*"], ["no case", "--list"]),
                             (["--quick", "--full"], ["--quick"]),
                             (["--samples", "0"], ["--samples"])):
            self.assert_refused(run(["bench", *words]), 2, *parts)
        self.assert_refused(run(["bench", *SMALL, "--device", "no such"]), 3, "no such")
        self.assert_refused(run(["bench", *SMALL, "--output", self.folder / "no/folder"]), 1, "cannot be written")

    def test_records(self):
        path = self.folder / "out.jsonl"
        result = run(["bench", "--quick", *SMALL, "--device", "all", "--output", path])
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(result.err, "")
        records = self.records(path)
        roofs = [record for record in records if record["op"] == "roof"]
        cases = [record for record in records if record["op"] != "roof"]
        self.assertEqual([record["case"] for record in cases], ["softmax:rows=4,width=8", "gemm:m=8,n=2,k=8,type=f32"])
        self.assertEqual({record["params"]["when"] for record in roofs}, {"start", "end"})
        self.assertIn("start", [record["params"]["when"] for record in records[:1]])
        for record in cases:
            self.assertTrue(record["ok"])
            self.assertEqual(record["n"], 2)
            self.assertLessEqual(record["low_ns"], record["median_ns"])
            self.assertGreaterEqual(record["high_ns"], record["median_ns"])
            self.assertIn(record["case"], result.out.decode())
            self.assertRegex(record["date"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertIn("2 measured", result.out.decode())

    def test_interrupted(self):
        path = self.folder / "out.jsonl"
        process = start(["bench", "--quick", "--case", "softmax:rows=4,width=8", "--case", "gemm:m=4096,n=512,k=4096",
                         "--samples", "2", "--output", path], stdin=None)
        line = b""
        while b"softmax:rows=4," not in line:
            line = process.stdout.readline()
            self.assertTrue(line)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130)
        self.assertEqual([record["case"] for record in self.records(path) if record["op"] != "roof"],
                         ["softmax:rows=4,width=8"])


if __name__ == "__main__":
    main()
