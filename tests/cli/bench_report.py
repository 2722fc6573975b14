"""attune bench report and attune bench compare: what they read, write, say and end with."""
import json
import subprocess
import sys

from program import SOURCE, Test, main, run

CASE = {"schema": 1, "case": "gemm:m=8,n=2,k=8,type=f32", "op": "gemm", "params": {"m": 8, "n": 2, "k": 8, "type": "f32"},
        "device": "a <device>", "driver": "a driver", "ok": True, "median_ns": 1000.0, "low_ns": 990.0, "high_ns": 1010.0,
        "p10_ns": 980.0, "p90_ns": 1020.0, "n": 1, "samples_ns": [1000.0], "flop": 256, "bytes": 352,
        "command": "attune bench --case gemm"}


class BenchReport(Test):
    def file(self, name, *records, rest=""):
        path = self.folder / name
        path.write_text("".join(json.dumps({**CASE, **record}) + "\n" for record in records) + rest)
        return path

    def test_report(self):
        good, damaged, page = self.file("good.jsonl", {}), self.file("damaged.jsonl", {}, rest="{\n"), self.folder / "page.html"
        result = run(["bench", "report", good, damaged, "-o", page])
        self.assertEqual((result.status, result.out), (0, b""))
        self.assertEqual(result.err, f"attune: {damaged}:2: is not JSON\n")
        self.assertIn("a &lt;device&gt;", page.read_text(encoding="utf-8"))
        checker = SOURCE / "tests/benchmark_page/well_formed.py"
        self.assertEqual(subprocess.run([sys.executable, "-B", checker, page], stdout=subprocess.DEVNULL).returncode, 0)

    def test_compare(self):
        slower = {"median_ns": 1100.0, "low_ns": 1090.0, "high_ns": 1110.0, "p90_ns": 1120.0}
        old, same, new = self.file("old.jsonl", {}), self.file("same.jsonl", {}), self.file("new.jsonl", slower)
        for words, status, said in (([old, same], 0, "0 slower"), ([old, new], 1, "1.10  SLOWER"), ([new, old], 0, "faster")):
            result = run(["bench", "compare", *words])
            self.assertEqual((result.status, result.err), (status, ""))
            self.assertIn(said, result.out.decode())

    def test_refused(self):
        good, empty = self.file("good.jsonl", {}), self.file("empty.jsonl")
        page = self.folder / "page.html"
        for words, status, parts in ((["report", "-o", page], 2, ["names no file"]),
                                     (["report", good], 2, ["-o PAGE.html"]),
                                     (["report", empty, "-o", page], 1, ["empty.jsonl: holds no record"]),
                                     (["report", good, "-o", self.folder / "no/page.html"], 1, ["cannot be written"]),
                                     (["compare", good], 2, ["two files"]),
                                     (["compare", good, good, good], 2, ["one word too many"]),
                                     (["compare", good, self.folder / "missing"], 1, ["missing: cannot be read"])):
            self.assert_refused(run(["bench", *words]), status, *parts)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["empty.jsonl", "good.jsonl"])
        self.assertIn("bench compare OLD.jsonl NEW.jsonl", run(["bench", "--help"]).out.decode())


if __name__ == "__main__":
    main()
