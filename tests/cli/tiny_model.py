"""A MarianMT folder so small that a software driver runs through megabytes of text: it writes a few words for whatever
it reads. Its weights are random; it shows what becomes of lines and of memory, and nothing about translation."""
import array
import json
import random
import struct

POSITIONS = 512
WORDS = [(a + b) * 12 for a in "bdfglmnprst" for b in "aeiou"]   # long ones: many bytes take few tokens
PIECES = ["\u2581" + word for word in WORDS] + list("aeiou.,") + ["\u2581", "aeiou" * 8, "\u00e9"]
VOCABULARY = ["</s>", "<unk>"] + PIECES + ["<pad>"]
PAD = len(VOCABULARY) - 1
WIDTH = 8


def field(number, content):
    """A field of a protocol buffer: bytes, a float or a whole number below 128."""
    if isinstance(content, float):
        return bytes([number << 3 | 5]) + struct.pack("<f", content)
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def tokenizer():
    pieces = [("<unk>", 0.0, 2)] + [(piece, -1.0, 1) for piece in PIECES]
    return b"".join(field(1, field(1, text.encode()) + field(2, score) + field(3, kind)) for text, score, kind in pieces)


def shapes():
    attention = [(part + kind, shape) for part in ("q_proj", "k_proj", "v_proj", "out_proj")
                 for kind, shape in ((".weight", [WIDTH, WIDTH]), (".bias", [WIDTH]))]
    for side, kinds in (("encoder", ["self_attn"]), ("decoder", ["self_attn", "encoder_attn"])):
        layer = f"model.{side}.layers.0."
        for kind in kinds:
            yield from ((f"{layer}{kind}.{name}", shape) for name, shape in attention)
        for norm in [kind + "_layer_norm" for kind in kinds] + ["final_layer_norm"]:
            yield from ((f"{layer}{norm}.{name}", [WIDTH]) for name in ("weight", "bias"))
        for name in ("fc1", "fc2"):
            yield from ((f"{layer}{name}{kind}", shape) for kind, shape in ((".weight", [WIDTH, WIDTH]), (".bias", [WIDTH])))
    yield "model.shared.weight", [len(VOCABULARY), WIDTH]
    yield "final_logits_bias", [1, len(VOCABULARY)]


def tensor(name, shape, end_bias):
    generator = random.Random(name)
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    values = [generator.uniform(-1, 1) for _ in range(count)]
    if name.endswith("layer_norm.weight"):
        values = [1 + value / 4 for value in values]
    elif name.endswith(".bias"):
        values = [value / 4 for value in values]
    if name == "model.shared.weight":
        values[PAD * WIDTH:] = [0.0] * WIDTH
    if name == "final_logits_bias":
        values[0] = end_bias
    return array.array("f", values).tobytes()


def write_tiny_model(folder, end_bias=3.0):
    """`end_bias`: the greater, the shorter are the translations."""
    folder.mkdir()
    header, data = {}, b""
    for name, shape in shapes():
        content = tensor(name, shape, end_bias)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    head = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data)
    layers = {f"{side}_{key}": value for side in ("encoder", "decoder")
              for key, value in (("layers", 1), ("attention_heads", 1), ("ffn_dim", WIDTH))}
    (folder / "config.json").write_text(json.dumps({
        "model_type": "marian", "vocab_size": len(VOCABULARY), "decoder_vocab_size": len(VOCABULARY), "d_model": WIDTH,
        **layers, "activation_function": "relu", "scale_embedding": True, "max_position_embeddings": POSITIONS,
        "max_length": POSITIONS + 1, "min_length": 4, "num_beams": 1, "no_repeat_ngram_size": 1, "pad_token_id": PAD, "eos_token_id": 0, "decoder_start_token_id": PAD,
        "forced_eos_token_id": 0, "bad_words_ids": [[PAD]]}))
    (folder / "vocab.json").write_text(json.dumps({piece: place for place, piece in enumerate(VOCABULARY)}))
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(tokenizer())
    return folder
