"""attune check: a device that is right passes within its time, and one whose translations are wrong does not."""
import json
import shutil
import subprocess

from program import PATIENCE, PROGRAM, SLOWNESS, SOURCE, Test, environment, main, run


class Check(Test):
    def test_right(self):
        seconds = int(6 * SLOWNESS)
        result = run(["check", "--json", "--seconds", seconds])
        self.assertEqual(result.status, 0, result.out[-2000:])
        self.assertEqual(result.err, "")
        report = json.loads(result.out)
        self.assertEqual(report["verdict"], "pass")
        self.assertFalse(report["complete"])
        self.assertEqual(report["op_table"]["failures"], [])
        self.assertGreaterEqual(report["op_table"]["run"], 14)
        self.assertGreater(report["op_table"]["rows"], 1000)
        for search in ("greedy", "beam_4"):
            self.assertGreater(report[search]["compared"], 0)
            self.assertEqual(report[search]["compared"], report[search]["equal"])
        self.assertTrue(report["device"]["name"])
        # What was begun is finished: a few seconds more, in which a driver compiles.
        self.assertLess(report["seconds"], seconds + 20 * SLOWNESS)

    def test_wrong(self):
        """A program that is installed beside translations which it does not make."""
        (self.folder / "bin").mkdir()
        program = shutil.copy2(PROGRAM, self.folder / "bin/attune")
        shutil.copytree(SOURCE / "samples/models", self.folder / "share/attune/models")
        (self.folder / "share/attune/goldens").mkdir()
        name = "goldens/tatoeba-en-de-fr-es.json"
        lines = json.loads((SOURCE / "checks" / name).read_text(encoding="utf-8"))
        for line in lines:
            line["greedy"] += "!"
        (self.folder / "share/attune" / name).write_text(json.dumps(lines), encoding="utf-8")
        ended = subprocess.run([program, "check", "--seconds", "2"], capture_output=True, text=True, timeout=PATIENCE,
                               env=environment())
        self.assertEqual(ended.returncode, 3, ended.stderr)
        self.assertIn("verdict: fail", ended.stdout)
        self.assertRegex(ended.stdout, r"greedy +0 of [0-9]+ translations")
        self.assertIn(" -> ", ended.stdout)


if __name__ == "__main__":
    main()
