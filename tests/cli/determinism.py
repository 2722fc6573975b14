"""The same bits from every process: whatever the driver's number of threads is, and whether the shaders come from its
cache or are compiled anew. JSON gives scores in as many digits as tell one number from the next."""
import json
import struct

from program import ALL_ROWS, SOURCE, Test, main

MODES = [["--precision", precision, "--beam-size", beams] for precision in ("f32", "f16") for beams in ("1", "4")]
THREADS = ["0", "1", "2", "7"]


def lines():
    goldens = json.loads((SOURCE / "checks/goldens/tatoeba-en-de-fr-es.json").read_text(encoding="utf-8"))
    chosen = [line["source"] for line in goldens[::8 if ALL_ROWS else 80]]
    return chosen + [" ".join(line["source"] for line in goldens[at:at + 12]) for at in range(0, 24 if ALL_ROWS else 1, 12)]


class Determinism(Test):
    def environments(self):
        """What each is called, and what it sets. The second run with a cache finds what the first has written."""
        cache = {"MESA_SHADER_CACHE_DIR": str(self.folder / "cache"), "MESA_SHADER_CACHE_DISABLE": "false"}
        yield "cold cache", cache
        yield "warm cache", cache
        if ALL_ROWS:
            yield "no cache", {"MESA_SHADER_CACHE_DISABLE": "true"}
        for threads in THREADS if ALL_ROWS else ("0", "7"):
            yield f"{threads} threads", {**cache, "LP_NUM_THREADS": threads}

    def test_processes(self):
        text = "\n".join(lines()) + "\n"
        for mode in MODES if ALL_ROWS else MODES[2:3]:
            outputs = {}
            for name, changes in self.environments():
                outputs[name] = self.translate(text, "--to", "de", *mode, "--json", "--alignment", env=changes).objects
                self.assertEqual(len(outputs[name]), text.count("\n"))
                self.assertTrue(name == "no cache" or any((self.folder / "cache").rglob("*")))
            for name, output in outputs.items():
                with self.subTest(mode=mode, environment=name):
                    self.assertEqual(output, outputs["cold cache"])

    def test_digits_of_scores(self):
        """Each of them is exactly a 32-bit number, as the search made it: none was rounded on its way out."""
        for line in self.translate("\n".join(lines()[:3]), "--to", "de", "--json").objects:
            score = line["score"]
            self.assertEqual(struct.unpack("<f", struct.pack("<f", score))[0], score)
            self.assertNotEqual(float(f"{score:.6g}"), score)


if __name__ == "__main__":
    main()
