"""The CTranslate2 side of against_ctranslate2.sh: converts a MarianMT folder, checks it, times it.

Reads the folder's config.json, vocab.json and model.safetensors itself, so that neither torch nor
transformers is needed. Writes DIR/sources.txt and DIR/expected.txt, the same lines for attune.
"""
import argparse
import json
import math
import os
import struct
import time
from pathlib import Path

import ctranslate2
import numpy
from ctranslate2.converters import utils
from ctranslate2.specs import common_spec, transformer_spec

ACTIVATIONS = {
    "relu": common_spec.Activation.RELU,
    "gelu": common_spec.Activation.GELU,
    "swish": common_spec.Activation.SWISH,
    "silu": common_spec.Activation.SWISH,
}


def read_tensors(path):
    """name -> float32 array, from a safetensors file of F16 and F32 tensors."""
    data = path.read_bytes()
    header_size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + header_size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + header_size + offset for offset in entry["data_offsets"])
        kind = {"F16": numpy.float16, "F32": numpy.float32}[entry["dtype"]]
        tensors[name] = numpy.frombuffer(data[begin:end], kind).reshape(entry["shape"]).astype(numpy.float32)
    return tensors


def positions(count, width):
    """As in transformers: all sines, then all cosines. [count, width]"""
    angle = numpy.arange(count)[:, None] / 10000 ** (2 * numpy.arange(width // 2) / width)
    return numpy.concatenate([numpy.sin(angle), numpy.cos(angle)], axis=1).astype(numpy.float32)


class Converter:
    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        self.tensors = read_tensors(folder / "model.safetensors")
        vocabulary = json.loads((folder / "vocab.json").read_text())
        self.tokens = sorted(vocabulary, key=vocabulary.get)

    def linear(self, spec, name):
        spec.weight = self.tensors[name + ".weight"]
        spec.bias = self.tensors[name + ".bias"]

    def layer_norm(self, spec, name):
        spec.gamma = self.tensors[name + ".weight"]
        spec.beta = self.tensors[name + ".bias"]

    def attention(self, spec, name, over_itself):
        parts = [common_spec.LinearSpec() for _ in range(3)]
        for part, letter in zip(parts, "qkv"):
            self.linear(part, f"{name}.{letter}_proj")
        if over_itself:
            utils.fuse_linear(spec.linear[0], parts)
        else:
            utils.fuse_linear(spec.linear[0], parts[:1])
            utils.fuse_linear(spec.linear[1], parts[1:])
        self.linear(spec.linear[-1], name + ".out_proj")
        self.layer_norm(spec.layer_norm, name + "_layer_norm")

    def side(self, spec, name):
        embeddings = spec.embeddings[0] if isinstance(spec.embeddings, list) else spec.embeddings
        embeddings.weight = self.tensors["model.shared.weight"]
        width = self.config["d_model"]
        spec.scale_embeddings = math.sqrt(width) if self.config["scale_embedding"] else 1.0
        spec.position_encodings.encodings = positions(self.config["max_position_embeddings"], width)
        for index, layer in enumerate(spec.layer):
            prefix = f"model.{name}.layers.{index}."
            self.attention(layer.self_attention, prefix + "self_attn", True)
            if name == "decoder":
                self.attention(layer.attention, prefix + "encoder_attn", False)
            self.linear(layer.ffn.linear_0, prefix + "fc1")
            self.linear(layer.ffn.linear_1, prefix + "fc2")
            self.layer_norm(layer.ffn.layer_norm, prefix + "final_layer_norm")

    def save(self, target):
        config = self.config
        spec = transformer_spec.TransformerSpec.from_config(
            (config["encoder_layers"], config["decoder_layers"]), config["encoder_attention_heads"],
            pre_norm=False, activation=ACTIVATIONS[config["activation_function"]])
        self.side(spec.encoder, "encoder")
        self.side(spec.decoder, "decoder")
        spec.decoder.projection.weight = self.tensors["model.shared.weight"]
        bias = self.tensors["final_logits_bias"].reshape(-1).copy()
        bias[config["pad_token_id"]] = -1e9             # never generated: bad_words_ids
        spec.decoder.projection.bias = bias
        spec.register_source_vocabulary(self.tokens)
        spec.register_target_vocabulary(self.tokens)
        spec.config.eos_token = self.tokens[config["eos_token_id"]]
        spec.config.unk_token = "<unk>"
        spec.config.decoder_start_token = self.tokens[config["decoder_start_token_id"]]
        spec.validate()
        spec.optimize()
        target.mkdir(parents=True, exist_ok=True)
        spec.save(str(target))


def translate(translator, batch, sources):
    return translator.translate_batch(sources, beam_size=1, max_batch_size=batch, max_decoding_length=127,
                                      return_end_token=True)


def rate(translator, batch, sources):
    """Target tokens per second, end tokens included; the best of three runs."""
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        results = translate(translator, batch, sources)
        seconds = time.perf_counter() - start
        best = max(best, sum(len(result.hypotheses[0]) for result in results) / seconds)
    return best


def one_at_a_time(translator, sources):
    start = time.perf_counter()
    count = sum(len(translate(translator, 1, [source])[0].hypotheses[0]) for source in sources)
    return count / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("goldens", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--repeat", type=int, default=4)
    arguments = parser.parse_args()

    goldens = json.loads(arguments.goldens.read_text())
    converter = Converter(arguments.model)
    converter.save(arguments.scratch / "model")
    threads = len(os.sched_getaffinity(0))
    translator = ctranslate2.Translator(str(arguments.scratch / "model"), device="cpu", compute_type="float32",
                                        inter_threads=1, intra_threads=threads)

    sources = [[converter.tokens[id] for id in line["source_ids"]] for line in goldens]
    wanted = [[converter.tokens[id] for id in line["greedy_ids"][1:]] for line in goldens]
    found = [result.hypotheses[0] for result in translate(translator, arguments.batch, sources)]
    equal = sum(a == b for a, b in zip(found, wanted))
    print(f"CTranslate2 {ctranslate2.__version__}, float32, {threads} threads: "
          f"{equal} of {len(goldens)} lines equal the goldens")
    if equal < 0.95 * len(goldens):
        raise SystemExit("The converted model is wrong: there is nothing to compare with.")

    lines = [(f">>{line['to']}<< {line['source']}\n", line["greedy"] + "\n") for line in goldens] * arguments.repeat
    (arguments.scratch / "sources.txt").write_text("".join(source for source, _ in lines))
    (arguments.scratch / "expected.txt").write_text("".join(expected for _, expected in lines))
    print(f"batch 1: {one_at_a_time(translator, sources):.0f} target tokens/s")
    print(f"batch {arguments.batch}: {rate(translator, arguments.batch, sources * arguments.repeat):.0f} target tokens/s")


if __name__ == "__main__":
    main()
