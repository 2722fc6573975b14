"""What is typed: help, options and their mistakes, models and devices that are not there, exit statuses."""
import json
import math
import shutil

from program import MODEL, NO_DRIVER, SOURCE, Test, main, run

#                words                                                     parts of the message
MISTAKES = [
    (["translat"],                                                         ["translat", "did you mean translate?"]),
    (["frobnicate"],                                                       ["there is no such command"]),
    (["help", "device"],                                                   ["did you mean devices?"]),
    (["translate", "--beam-sise", "2"],                                    ["--beam-sise", "did you mean --beam-size?"]),
    (["translate", "-x"],                                                  ["-x", "there is no such option"]),
    (["translate", "--beam-size"],                                         ["--beam-size", "needs a value"]),
    (["translate", "--beam-size", "--scores"],                             ["--beam-size", "needs a value"]),
    (["translate", "--to="],                                               ["--to", "needs a value"]),
    (["translate", "--scores=1"],                                          ["--scores", "takes no value"]),
    (["translate", "--beam-size", "0"],                                    ["'0' is not a whole number from 1 to 32"]),
    (["translate", "--beam-size", "33"],                                   ["'33'"]),
    (["translate", "--beam-size", "4x"],                                   ["'4x'"]),
    (["translate", "--beam-size", " 4"],                                   ["' 4'"]),
    (["translate", "--beam-size", "-1"],                                   ["'-1'"]),
    (["translate", "--beam-size", "99999999999999999999"],                 ["--beam-size"]),
    (["translate", "--num-hypotheses", "0"],                               ["--num-hypotheses"]),
    (["translate", "--beam-size", "2", "--num-hypotheses", "3"],           ["--num-hypotheses", "beam size"]),
    (["translate", "--length-penalty", "nan"],                             ["--length-penalty"]),
    (["translate", "--length-penalty", "inf"],                             ["--length-penalty"]),
    (["translate", "--max-length", "0"],                                   ["--max-length"]),
    (["translate", "--min-length", "1e3"],                                 ["--min-length"]),
    (["translate", "--no-repeat-ngram", ""],                               ["--no-repeat-ngram"]),
    (["translate", "--batch-tokens", "0"],                                 ["--batch-tokens"]),
    (["translate", "--batch-rows", "0"],                                   ["--batch-rows"]),
    (["translate", "--precision", "f8"],                                   ["--precision", "f32, f16, int8, auto"]),
    (["translate", "--cache", "int8"],                                     ["--cache", "f32, f16, auto"]),
    (["translate", "one", "two"],                                          ["two", "one word too many"]),
    (["devices", "all"],                                                   ["all", "one word too many"]),
    (["inspect", "--rows", "0"],                                           ["--rows"]),
    (["check", "--device", "oracle"],                                      ["--device", "oracle"]),
    (["check", "--seconds", "0"],                                          ["--seconds"]),
]


class Words(Test):
    def test_mistakes(self):
        for words, parts in MISTAKES:
            with self.subTest(words=words):
                self.assert_refused(run(words, env=NO_DRIVER), 2, *parts)

    def test_nothing(self):
        result = run([], env=NO_DRIVER)
        self.assertEqual((result.status, result.out), (2, b""))
        self.assertIn("usage: attune COMMAND", result.err)

    def test_help(self):
        for words, part in [(["--help"], "commands"), (["help"], "commands"), (["help", "translate"], "--beam-size N"),
                            (["translate", "--help"], "--beam-size N"), (["translate", "--beam-size", "-h"], "--beam-size N"),
                            (["devices", "-h"], "--json"), (["help", "tune"], "--cache-file FILE"), (["inspect", "--help"], "--rows N"), (["--version"], "attune ")]:
            with self.subTest(words=words):
                result = run(words, env=NO_DRIVER)
                self.assertEqual((result.status, result.err), (0, ""))
                self.assertIn(part, result.out.decode())
                self.assertLessEqual(max(map(len, result.lines)), 100)

    def test_broken_models(self):
        def fails(name, *parts):
            with self.subTest(model=name):
                self.assert_refused(run(["translate", self.folder / name, "--device", "oracle"], "Hello.\n"), 1, *parts)

        def change(name, file, to):
            shutil.copytree(MODEL, self.folder / name)
            if to is None:
                (self.folder / name / file).unlink()
            else:
                (self.folder / name / file).write_bytes(to((self.folder / name / file).read_bytes()))

        fails("missing", "missing")
        (self.folder / "empty").mkdir()
        fails("empty", "config.json")
        (self.folder / "a_file").write_text("no folder")
        fails("a_file", "a_file")
        for name, file, to in [
            ("no_vocabulary", "vocab.json", None),
            ("no_source", "source.spm", None),
            ("no_weights", "model.safetensors", None),
            ("short_weights", "model.safetensors", lambda data: data[:-1]),
            ("short_config", "config.json", lambda data: data[:-3]),
            ("empty_target", "target.spm", lambda data: b""),
            ("other_model", "config.json", lambda data: data.replace(b"marian", b"gpt2")),
        ]:
            change(name, file, to)
            fails(name, "[" + str(self.folder / name), "" if file == "model.safetensors" and to is None else file)

    def test_files(self):
        self.assert_refused(run(["translate", "--src", self.folder / "none"]), 1, "none", "cannot be read", "No such file")
        self.assert_refused(run(["translate", "--src", self.folder]), 1, "cannot be read")
        self.assert_refused(run(["translate", "--out", self.folder / "no" / "where"]), 1, "cannot be written")
        self.assert_refused(run(["translate", "--to", "xx"], "Hello.\n"), 1, "xx", "de", "fr", "es")

    def test_devices_that_are_not_there(self):
        self.assert_refused(run(["translate", "--device", "999"], "Hello.\n"), 3, "999")
        self.assert_refused(run(["translate", "--device", "no such thing"], "Hello.\n"), 3, "no such thing")
        self.assert_refused(run(["devices"], env=NO_DRIVER), 3)
        self.assert_refused(run(["translate"], "Hello.\n", NO_DRIVER), 3)
        self.assert_refused(run(["inspect"], env=NO_DRIVER), 3)

    def test_devices(self):
        result = run(["devices", "--json"])
        self.assertEqual(result.status, 0, result.err)
        devices = json.loads(result.out)
        self.assertTrue(any(device["usable"] for device in devices))
        for device in devices:
            self.assertIn(device["kind"], ["other", "integrated", "discrete", "virtual", "cpu"])
            self.assertGreaterEqual(device["max_invocations"], 128)
        plain = run(["devices"]).out.decode()
        for device in devices:
            self.assertIn(f'{device["index"]}  {device["name"]} ({device["kind"]})\n', plain)

    def test_devices_that_compute_right(self):
        result = run(["devices", "--qualify", "--json"])
        self.assertEqual(result.status, 0, result.err)
        for device in json.loads(result.out):
            self.assertEqual(device.get("refused", []), [])
        self.assertIn("all optional kernels compute right", run(["devices", "--qualify"]).out.decode())

    def test_inspect(self):
        result = run(["inspect", "--json", "--rows", "4"])
        self.assertEqual(result.status, 0, result.err)
        model = json.loads(result.out)
        sizes = [math.prod(json.loads(tensor["shape"])) for tensor in model["tensors"]]
        self.assertEqual(model["parameters"], sum(sizes))
        self.assertGreater(model["parameters"], 7_300_000)
        self.assertEqual(model["decoder_layers"], 2)
        self.assertTrue(model["decoder_plan"] and model["encoder_plan"] and model["tensors"])
        self.assertLessEqual(model["dispatches_per_decoder_layer"], 14)
        self.assertGreater(model["device_bytes"], 4 * model["parameters"] // 2)
        plain = run(["inspect", MODEL, "--rows", "4"]).out.decode()
        self.assertIn(model["decoder_plan"].strip(), plain)
        for tensor in model["tensors"]:
            self.assertIn(f'{tensor["type"]} {tensor["shape"]}  {tensor["name"]}\n', plain)
        self.assertEqual(model["will_not_run"], [])
        self.assertEqual(model["storage"], {"F16": 118})
        self.assertEqual(model["unused"], [])
        self.assertIn({"name": "num_beams", "value": "4", "file": "config.json"}, model["settings"])

    def test_inspect_names_all_settings_that_are_refused(self):
        folder = self.folder / "model"
        shutil.copytree(MODEL, folder)
        (folder / "generation_config.json").write_text(json.dumps(
            {"repetition_penalty": 1.5, "suppress_tokens": [3], "num_beams": 2, "eos_token_id": 0, "temperature": 0.5}))
        result = run(["inspect", folder, "--json"])
        self.assertEqual(result.status, 1, result.err)
        model = json.loads(result.out)
        self.assertEqual(len(model["will_not_run"]), 2)
        self.assertIn("repetition_penalty 1.5", model["will_not_run"][0])
        self.assertIn("suppress_tokens [3]", model["will_not_run"][1])
        self.assertTrue(model["decoder_plan"])
        beams = next(setting for setting in model["settings"] if setting["name"] == "num_beams")
        self.assertEqual(beams, {"name": "num_beams", "value": "2", "file": "generation_config.json", "overrun": "4"})
        plain = run(["inspect", folder]).out.decode()
        self.assertIn("will not run: repetition_penalty 1.5", plain)
        self.assertIn("num_beams 2  (generation_config.json; config.json says 4, to no effect)\n", plain)
        self.assert_refused(run(["translate", folder, "--to", "de"], "Hello.\n"), 1, "repetition_penalty 1.5",
                            "suppress_tokens [3]", "generation_config.json")

    def test_inspect_says_what_it_can_of_a_folder_that_cannot_run(self):
        result = run(["inspect", SOURCE / "tests/data/folders/extra_tensors", "--json"], env=NO_DRIVER)
        self.assertEqual(result.status, 1, result.err)
        model = json.loads(result.out)
        self.assertEqual(len(model["will_not_run"]), 1)
        self.assertIn("vocab.json", model["will_not_run"][0])
        self.assertIn("width 16", model["architecture"])
        self.assertEqual(model["storage"]["I64"], 1)
        unused = {line["reason"]: line["tensors"] for line in model["unused"]}
        self.assertEqual(unused["type I64"], ["epoch"])
        self.assertEqual(unused["MarianMT has no such weight"], ["model.adapter.weight"])
        self.assertNotIn("decoder_plan", model)
        plain = run(["inspect", SOURCE / "tests/data/folders/bin_legacy"], env=NO_DRIVER).out.decode()
        self.assertIn("torch.FloatStorage: ", plain)
        self.assertIn("not used: 2 tensors, positions are computed: ", plain)
        self.assertIn("not used: 3 tensors, the same table as model.shared.weight: ", plain)
        empty = run(["inspect", self.folder])
        self.assertEqual(empty.status, 1)
        self.assertIn("will not run: [" + str(self.folder / "config.json") + "] is missing", empty.out.decode())


if __name__ == "__main__":
    main()
