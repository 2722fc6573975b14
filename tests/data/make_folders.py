"""Makes tests/data/folders: small MarianMT folders in the styles that people have, and what transformers
translates with them. Run by hand, when a style is added:

    python3 -m venv v5 && v5/bin/pip install torch 'transformers>=5' safetensors
    python3 -m venv v4 && v4/bin/pip install torch 'transformers<5' safetensors
    v4/bin/python tests/data/make_folders.py        the folders that only transformers 4 writes or reads right
    v5/bin/python tests/data/make_folders.py        all others; expected.json

Weights are random, from fixed seeds; bigrams must not repeat, which makes translations long and varied. Every folder is written
by transformers or torch themselves, loaded again from its files by `from_pretrained`, and then run in float32
and float64: sources where these differ are dropped, so that what is left does not hang on the last bit.
"""
import json
import random
import shutil
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import MarianConfig, MarianMTModel

HERE = Path(__file__).resolve().parent / "folders"
EXPECTED = HERE / "expected.json"
VERSION = int(transformers.__version__.split(".")[0])
PAD, END, UNKNOWN, SIZE = 39, 0, 1, 40
TABLES = ["model.shared.weight", "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"]
POSITIONS = ["model.encoder.embed_positions.weight", "model.decoder.embed_positions.weight"]


def config(**changes):
    values = dict(vocab_size=SIZE, d_model=16, encoder_layers=2, decoder_layers=1, encoder_attention_heads=4,
                  decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=20, max_position_embeddings=48,
                  pad_token_id=PAD, eos_token_id=END, decoder_start_token_id=PAD, forced_eos_token_id=END,
                  scale_embedding=True, activation_function="swish")
    return MarianConfig(**{**values, **changes})


def model(seed=2, end=END, bias=2.8, **changes):
    """Random weights with enough spread; the end token gets a bias that makes lengths vary."""
    torch.manual_seed(seed)
    made = MarianMTModel(config(**changes)).eval()
    with torch.no_grad():
        seen = set()
        for name, tensor in made.named_parameters():
            if tensor.data_ptr() in seen or "embed_positions" in name:
                continue
            seen.add(tensor.data_ptr())
            if "layer_norm" in name and name.endswith("weight"):
                tensor.copy_(1 + 0.3 * torch.randn_like(tensor))
            elif "embed" in name or "shared" in name or "lm_head" in name:
                tensor.copy_(0.5 * torch.randn_like(tensor))
            else:
                tensor.copy_(0.4 * torch.randn_like(tensor))
        made.final_logits_bias.copy_(0.5 * torch.randn_like(made.final_logits_bias))
        made.final_logits_bias[0, end] += bias
    return made


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def fresh(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def saved(name, made, generation=None, **how):
    """As save_pretrained writes it; `generation` replaces what generation_config.json says."""
    folder = fresh(name)
    made.save_pretrained(folder, **how)
    if generation is not None:
        write_json(folder / "generation_config.json", generation)
    return folder


def settings(**changes):
    return {"eos_token_id": END, "pad_token_id": PAD, "decoder_start_token_id": PAD, "forced_eos_token_id": END,
            "bad_words_ids": [[PAD]], "num_beams": 3, "max_length": 24, "no_repeat_ngram_size": 2, **changes}


def old_config(folder, **changes):
    """config.json as of 2020: settings of generation in it, some that nobody reads any more, no file for them."""
    (folder / "generation_config.json").unlink(missing_ok=True)
    values = json.loads((folder / "config.json").read_text())
    for new in ("dtype", "share_encoder_decoder_embeddings", "decoder_vocab_size", "tie_word_embeddings", "transformers_version"):
        values.pop(new, None)
    values.update({"max_length": 24, "num_beams": 3, "bad_words_ids": [[PAD]], "no_repeat_ngram_size": 2, "static_position_embeddings": True,
                   "normalize_before": False, "normalize_embedding": False, "add_final_layer_norm": False,
                   "add_bias_logits": False, "num_hidden_layers": 2, **changes})
    write_json(folder / "config.json", values)


def whole_state(made):
    """The state dictionary as PyTorch files hold it: tied tables under all names, positions in it."""
    state = dict(made.state_dict())
    for name in TABLES:
        state.setdefault(name, made.model.shared.weight.data)
    table = made.model.encoder.embed_positions.weight.data
    return {**state, **{name: table for name in POSITIONS}}


def without(state, *names):
    return {name: tensor.contiguous().clone() for name, tensor in state.items() if name not in names}


def bin_folder(name, made, **how):
    folder = fresh(name)
    made.config.save_pretrained(folder)
    torch.save(whole_state(made), folder / "pytorch_model.bin", **how)
    old_config(folder)


def bin_shards(name, made):
    folder = fresh(name)
    made.config.save_pretrained(folder)
    state = whole_state(made)
    names = sorted(state)
    weight_map = {}
    for shard in range(3):
        file = f"pytorch_model-0000{shard + 1}-of-00003.bin"
        part = {n: state[n].clone() for n in names[shard::3]}
        torch.save(part, folder / file)
        weight_map.update({n: file for n in part})
    write_json(folder / "pytorch_model.bin.index.json", {"metadata": {"total_size": 0}, "weight_map": weight_map})
    old_config(folder)


def state_folder(name, made, state, generation=None):
    folder = saved(name, made, generation)
    (folder / "model.safetensors").unlink()
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def made_by_4():
    saved("transformers4", model(), settings())
    saved("untied4", model(bias=4.5, tie_word_embeddings=False), settings())


def files_of_weights():
    made = model()
    saved("transformers5", made, settings())
    bin_folder("bin", made)
    bin_folder("bin_legacy", made, _use_new_zipfile_serialization=False)
    bin_shards("bin_shards", made)
    saved("safetensors_shards", made, settings(), max_shard_size="9KB")
    saved("f16", model().half(), settings())
    saved("bf16", model().to(torch.bfloat16), settings())
    folder = fresh("bin_f16_legacy")
    made = model().half()
    made.config.save_pretrained(folder)
    torch.save(whole_state(made), folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    old_config(folder, torch_dtype="float16")


def tables():
    made = model()
    state = whole_state(made)
    state_folder("tied_as_lm_head", made, without(state, *TABLES[:3], *POSITIONS), settings())
    state_folder("tied_repeated", made, without(state), settings())
    other = without(state, *TABLES[1:3])
    other["lm_head.weight"] = other["lm_head.weight"] + 0.25 * torch.randn(SIZE, 16, generator=torch.Generator().manual_seed(5))
    state_folder("tied_in_config_only", made, other, settings())
    extra = without(state, *TABLES[1:])
    extra.update({"epoch": torch.tensor([7]), "loss": torch.tensor([0.5], dtype=torch.float64), "mask": torch.tensor([True]),
                  "model.adapter.weight": torch.zeros(2, 2)})
    state_folder("extra_tensors", made, extra, settings())
    saved("untied5", model(bias=4.5, tie_word_embeddings=False), settings())
    separate = dict(share_encoder_decoder_embeddings=False, decoder_vocab_size=36, pad_token_id=35, decoder_start_token_id=35)
    own = settings(pad_token_id=35, decoder_start_token_id=35, bad_words_ids=[[35]])
    saved("separate", model(**separate), own)
    saved("separate_untied", model(bias=4.5, tie_word_embeddings=False, **separate), own)


def generation():
    big = dict(pad_token_id=PAD, eos_token_id=17, decoder_start_token_id=PAD, forced_eos_token_id=17, scale_embedding=True)
    made = model(end=17, **big)
    ids = settings(eos_token_id=17, forced_eos_token_id=17)
    saved("odd_ids", made, ids)
    saved("forced_first", made, {**ids, "forced_bos_token_id": 9})
    saved("two_ends", made, {**ids, "eos_token_id": [17, 4], "num_beams": 4})
    made = model()
    best = translations(made, [[5, 6, 7, 8, END]], settings(num_beams=1, min_length=10))[0]
    words = [[PAD], [PAD, best[0]], best[1:3], best[2:5], [END], [END, 3]]
    saved("bad_words", made, settings(bad_words_ids=words))
    short = model(bias=4.5)
    saved("minimum", short, settings(min_length=9, max_length=14))
    saved("minimum_new", short, settings(min_new_tokens=9, max_new_tokens=13, min_length=2))
    saved("no_repeats", made, settings(no_repeat_ngram_size=3, length_penalty=0.4, early_stopping=True))
    saved("renormalised", made, settings(renormalize_logits=True, bad_words_ids=[[PAD], [best[1]], [best[3], best[4]]], length_penalty=2.0, early_stopping="never"))
    saved("no_end", made, {"decoder_start_token_id": PAD, "num_beams": 2, "max_new_tokens": 9, "no_repeat_ngram_size": 2})
    folder = saved("both_files", made, settings(num_beams=2, max_length=18))
    values = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**values, "num_beams": 6, "max_length": 5, "bad_words_ids": [[3]], "length_penalty": 3.0})
    folder = saved("nothing_said", made)
    (folder / "generation_config.json").unlink()   # config.json has its ids, but no length, no beams


def sources(end):
    pick = random.Random(11)
    words = [i for i in range(2, 34) if i not in (4, 9, 17)]
    return [[pick.choice(words) for _ in range(1 + i)] + [end] for i in range(14)]


def translations(made, given, how):
    out = []
    for source in given:
        with torch.no_grad():
            ids = made.generate(torch.tensor([source]), **how)[0].tolist()[1:]
        ends = how.get("eos_token_id", made.generation_config.eos_token_id)
        ends = ends if isinstance(ends, list) else [ends]
        stop = next((i + 1 for i, token in enumerate(ids) if token in ends), len(ids))
        out.append(ids[:stop])
    return out


def record(folder):
    made = MarianMTModel.from_pretrained(folder, dtype=torch.float32).eval()
    values = json.loads((folder / "config.json").read_text())
    end = values["eos_token_id"]
    given = sources(end)
    runs = [(translations(m, given, {"num_beams": 1, "early_stopping": False}), translations(m, given, {}))
            for m in (made, made.double())]
    kept = [i for i in range(len(given)) if all(runs[0][k][i] == runs[1][k][i] for k in (0, 1))][:10]
    greedy, beam = ([runs[0][k][i] for i in kept] for k in (0, 1))
    tokens = [t for ids in greedy + beam for t in ids]
    print(f"{folder.name:20} {len(kept)} kept, {len(set(tokens))} different tokens, lengths {sorted(map(len, beam))}", file=sys.stderr)
    assert len(kept) >= 8 and len(set(tokens)) >= (2 if folder.name == "nothing_said" else 6), folder
    return {"vocabulary": values["vocab_size"], "target_vocabulary": values.get("decoder_vocab_size") or values["vocab_size"],
            "separate": not values.get("share_encoder_decoder_embeddings", True), "end": end, "pad": values["pad_token_id"],
            "sources": [given[i] for i in kept], "greedy": greedy, "beam": beam, "transformers": transformers.__version__}


def main():
    torch.set_num_threads(1)
    HERE.mkdir(exist_ok=True)
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    if VERSION == 4:
        made_by_4()
        expected["untied4"] = record(HERE / "untied4")   # transformers 5 leaves the encoder's table out
    else:
        files_of_weights(), tables(), generation()
        for folder in sorted(p for p in HERE.iterdir() if p.is_dir() and p.name != "untied4"):
            expected[folder.name] = record(folder)
    rows = ",\n".join(f' "{name}": {json.dumps(row, sort_keys=True)}' for name, row in sorted(expected.items()))
    EXPECTED.write_text("{\n" + rows + "\n}\n")


main()
