// Ops that move numbers: split_heads, merge_heads, columns, store, embedding, kv_append, and the books of beams.
#include "checks/case.h"

#include <algorithm>
#include <array>

namespace attune::test {
namespace {

std::string times(std::initializer_list<std::uint64_t> extents) {
    std::string text;
    for (const std::uint64_t extent : extents) text += (text.empty() ? "" : "x") + std::to_string(extent);
    return text;
}

constexpr Type storage_types[] = {Type::f32, Type::f16};

struct Heads {
    std::uint64_t batch, queries, heads, size;
};
constexpr Heads head_shapes[] = {{1, 1, 1, 1}, {1, 1, 2, 2}, {2, 3, 1, 7}, {3, 5, 4, 8}, {1, 17, 8, 16}, {2, 31, 3, 30}, {4, 1, 8, 64}, {1, 65, 2, 128}, {2, 2, 5, 256}, {7, 11, 6, 33}, {1, 3, 2, 20'000}};

void add_head_rows(Rows& rows) {
    for (const Heads& s : head_shapes)
        for (const Type type : storage_types) {
            if (type == Type::f16 && s.size % 2) continue;
            const std::string name = times({s.batch, s.queries, s.heads, s.size}) + " " + text(type);
            rows.add("split_heads " + name, [=](Random& random) {
                Case c;
                c.graph.output("y", split_heads(c.graph, c.input("x", random_tensor({type, {s.batch, s.queries, s.heads * s.size}}, random)), s.heads));
                return c;
            });
            rows.add("merge_heads " + name, [=](Random& random) {
                Case c;
                c.graph.output("y", merge_heads(c.graph, c.input("x", random_tensor({type, {s.batch, s.heads, s.queries, s.size}}, random))));
                return c;
            });
        }
}

void add_column_rows(Rows& rows) {
    struct Cut {
        std::uint64_t rows, width, column, columns;
    };
    for (const Cut cut : {Cut{1, 1, 0, 1}, {3, 7, 2, 3}, {5, 96, 32, 32}, {5, 96, 64, 32}, {4, 33, 32, 1}, {2, 512, 1, 511}, {17, 130, 64, 66}, {2, 8192, 4096, 4096}, {2, 40'000, 2, 39'998}, {70'000, 4, 2, 2}})
        for (const Type type : storage_types) {
            if (type == Type::f16 && (cut.width % 2 || cut.column % 2 || cut.columns % 2)) continue;
            rows.add("columns " + times({cut.rows, cut.width}) + " from " + std::to_string(cut.column) + " " + times({cut.columns}) + " " + text(type), [=](Random& random) {
                Case c;
                c.graph.output("y", columns(c.graph, c.input("x", random_tensor({type, {cut.rows, cut.width}}, random)), cut.column, cut.columns));
                return c;
            });
        }
}

void add_store_rows(Rows& rows) {
    struct Store {
        std::uint64_t memory, rows, width;
    };
    for (const Store s : {Store{1, 1, 1}, {4, 2, 6}, {9, 9, 31}, {16, 5, 64}, {3, 2, 510}, {1000, 777, 10}})
        for (const Type memory : storage_types)
            for (const Type type : storage_types) {
                if (s.width % 2 && (memory == Type::f16 || type == Type::f16)) continue;
                rows.add("store " + times({s.rows, s.width}) + " into " + std::to_string(s.memory) + " " + text(type) + " as " + text(memory), [=](Random& random) {
                    Case        c;
                    const Value state = c.state("memory", random_tensor({memory, {s.memory, s.width}}, random));
                    c.graph.output("memory", store(c.graph, state, c.input("x", random_tensor({type, {s.rows, s.width}}, random))));
                    return c;
                });
            }
}

}  // namespace

void rearrange_rows(Rows& rows) {
    add_head_rows(rows);
    add_column_rows(rows);
    add_store_rows(rows);
}

namespace {

struct Table {
    Shape         ids;
    std::uint64_t vocabulary, width;
    bool          positions;
    double        scale;
};
const Table tables[] = {{{1}, 1, 1, false, 1},      {{3}, 5, 2, true, 2},        {{2, 3}, 11, 7, false, 0.5}, {{4, 1}, 100, 64, true, 8},  {{1, 17}, 257, 33, true, 1},
                        {{5, 7}, 64, 130, false, 3}, {{2, 31}, 1000, 512, true, 22.627}, {{64}, 1009, 96, true, 1}, {{3}, 7, 20'000, true, 1}, {{70'000}, 50, 2, false, 1}};

Case embedding_case(const Table& t, Type type, bool weight, Beyond beyond, Random& random) {
    Case   c;
    Tensor ids = random_ids(t.ids, random, static_cast<std::uint32_t>(t.vocabulary));
    if (ids.as<std::uint32_t>().size() > 2) ids.as<std::uint32_t>()[1] = 0xfffffff0u;
    if (beyond == Beyond::zero) ids.as<std::uint32_t>()[0] = static_cast<std::uint32_t>(t.vocabulary);
    Tensor           table = random_tensor({type, {t.vocabulary, t.width}}, random);
    const Value      of_ids = c.control("ids", std::move(ids));
    const Value      rows_of = weight ? c.weight("table", std::move(table)) : c.input("table", std::move(table));
    EmbeddingOptions options{.scale = t.scale, .positions = {}, .position_table = {}, .beyond = beyond};
    if (t.positions) {
        options.positions = c.control("positions", random_ids(t.ids, random, 40));
        Tensor places = random_tensor({Type::f32, {37, t.width}}, random);
        options.position_table = weight ? c.weight("places", std::move(places)) : c.input("places", std::move(places));
    }
    c.graph.output("y", embedding(c.graph, of_ids, rows_of, options));
    return c;
}

void add_int8_tables(Rows& rows) {
    constexpr std::array<std::uint64_t, 3> int8_tables[] = {{3, 5, 1}, {40, 100, 33}, {31, 257, 130}, {9, 1000, 512}, {70'000, 50, 2}};   // tokens, rows, width
    for (const auto& [tokens, vocabulary, width] : int8_tables)
        for (const Scales scales : {Scales::one, Scales::by_row})
            rows.add("embedding " + std::to_string(tokens) + " of " + times({vocabulary, width}) + " i8" + (scales == Scales::one ? "" : ", scales by row, + positions"),
                     [tokens = tokens, vocabulary = vocabulary, width = width, scales](Random& random) {
                         Case             c;
                         const Value      ids = c.control("ids", random_ids({tokens}, random, static_cast<std::uint32_t>(vocabulary)));
                         const Value      table = c.weight("table", random_int8({vocabulary, width}, random, scales));
                         EmbeddingOptions options{.scale = 3, .positions = {}, .position_table = {}};
                         if (scales == Scales::by_row) {
                             options.positions = c.control("positions", random_ids({tokens}, random, 40));
                             options.position_table = c.weight("places", random_tensor({Type::f32, {37, width}}, random));
                         }
                         c.graph.output("y", embedding(c.graph, ids, table, options));
                         return c;
                     });
}

}  // namespace

void embedding_rows(Rows& rows) {
    for (const Table& t : tables)
        for (const Type type : storage_types)
            for (const bool weight : {true, false})
                for (const Beyond beyond : {Beyond::last_row, Beyond::zero}) {
                    if ((type == Type::f16 && t.width % 2) || (beyond == Beyond::zero && (type == Type::f16) == weight)) continue;
                    rows.add("embedding " + t.ids.text() + " of " + times({t.vocabulary, t.width}) + " " + text(type) + (t.positions ? " + positions" : "") + (weight ? " weight" : " input") +
                                 (beyond == Beyond::zero ? ", 0 beyond" : ""),
                             [=](Random& random) { return embedding_case(t, type, weight, beyond, random); });
                }
    add_int8_tables(rows);
}

namespace {

enum class Logits { normal, peaked, ties, equal, ascending };

Tensor logits_of(Logits kind, std::uint64_t rows, std::uint64_t vocabulary, Random& random) {
    Tensor tensor({Type::f32, {rows, vocabulary}});
    std::uint64_t i = 0;
    for (float& value : tensor.as<float>()) {
        const std::uint64_t id = i++ % vocabulary;
        switch (kind) {
            case Logits::normal: value = static_cast<float>(3 * random.normal()); break;
            case Logits::peaked: value = static_cast<float>(random.below(50) ? 5 * random.normal() : 1e4); break;
            case Logits::ties: value = static_cast<float>(random.below(5)); break;
            case Logits::equal: value = -7; break;
            case Logits::ascending: value = static_cast<float>(id) * 1e-3f; break;   // each is kept, ahead of all others
        }
    }
    return tensor;
}

Tensor banned_ids(std::uint64_t rows, std::uint64_t columns, std::uint64_t vocabulary, Random& random) {
    Tensor     tensor({Type::u32, {rows, columns}});
    const auto ids = tensor.as<std::uint32_t>();
    for (std::uint64_t row = 0; row < rows; ++row) {
        const auto    own = ids.subspan(row * columns, columns);
        std::uint64_t used = row % 3 == 0 ? columns : random.below(static_cast<std::uint32_t>(columns + 1));
        for (std::uint64_t i = 0; i < columns; ++i) own[i] = i < used ? random.below(static_cast<std::uint32_t>(vocabulary)) : 0xffffffffu;
        std::sort(own.begin(), own.end());
        for (std::uint64_t i = 1, kept = 1; i < columns; ++i) {   // an id once
            const std::uint32_t id = own[i];
            own[i] = 0xffffffffu;
            if (id != own[kept - 1]) own[kept++] = id;
        }
    }
    return tensor;
}

}  // namespace

void top_k_rows(Rows& rows) {
    struct Search {
        std::uint64_t rows, vocabulary, k, banned;
    };
    const Search searches[] = {{1, 1, 1, 0},   {2, 3, 5, 0},    {1, 7, 3, 2},    {5, 64, 1, 1},   {3, 127, 8, 0},  {2, 128, 9, 3},   {7, 129, 64, 0}, {3, 257, 2, 40},
                               {4, 1000, 8, 2}, {2, 1000, 12, 0}, {31, 509, 4, 1}, {1, 8000, 1, 0}, {3, 8003, 8, 2}, {2, 20'011, 64, 5}, {64, 4096, 2, 1}, {2, 60, 64, 3}, {1, 250'007, 8, 1}, {1, 250'007, 64, 0}, {300, 130, 64, 1}};
    for (const Search& s : searches)
        for (const Banned counts : {Banned::counted, Banned::left_out}) {
            if (counts == Banned::left_out && s.banned == 0) continue;
            for (const auto& [kind, name] : {std::pair{Logits::normal, "normal"}, {Logits::peaked, "peaked"}, {Logits::ties, "ties"}, {Logits::equal, "equal"}, {Logits::ascending, "ascending"}})
                rows.add("top_k " + std::to_string(s.k) + " of " + times({s.rows, s.vocabulary}) + " " + name + (s.banned ? ", banned " + std::to_string(s.banned) : "") + (counts == Banned::left_out ? ", left out" : ""), [s, counts, kind = kind](Random& random) {
                    Case                 c;
                    const Value          logits = c.input("logits", logits_of(kind, s.rows, s.vocabulary, random));
                    std::optional<Value> banned;
                    if (s.banned) banned = c.control("banned", banned_ids(s.rows, s.banned, s.vocabulary, random));
                    const TopK best = top_k(c.graph, logits, s.k, banned, counts);
                    c.graph.output("ids", best.ids);
                    c.graph.output("log_probabilities", best.log_probabilities);
                    return c;
                });
        }
}

void kv_append_rows(Rows& rows) {
    struct Append {
        std::uint64_t batch, cache_batch, heads, capacity, size, queries;
    };
    const Append appends[] = {{1, 1, 1, 1, 1, 1}, {2, 2, 2, 5, 2, 1}, {3, 4, 1, 9, 7, 2}, {2, 3, 8, 16, 64, 1}, {1, 1, 2, 33, 128, 5}, {5, 5, 3, 7, 30, 3}, {64, 64, 4, 3, 32, 1}, {2, 2, 1, 4, 256, 4}, {2, 2, 3, 600, 64, 2}, {1, 1, 2, 5, 32, 300}};
    for (const Append& s : appends)
        for (const Type cache : storage_types)
            for (const Type type : storage_types)
                for (const bool split : {false, true}) {
                    if (s.size % 2 && (cache == Type::f16 || type == Type::f16)) continue;
                    rows.add("kv_append " + times({s.batch, s.queries, s.heads, s.size}) + (split ? " heads " : " rows ") + text(type) + " into " + times({s.cache_batch, s.capacity}) + " " + text(cache),
                             [=](Random& random) {
                        Case         c;
                        const Shape  memory{s.cache_batch, s.heads, s.capacity, s.size};
                        const Shape  shape = split ? Shape{s.batch, s.heads, s.queries, s.size} : Shape{s.batch, s.queries, s.heads * s.size};
                        const Caches caches{c.state("keys", random_tensor({cache, memory}, random)), c.state("values", random_tensor({cache, memory}, random))};
                        const Value  key = c.input("key", random_tensor({type, shape}, random)), value = c.input("value", random_tensor({type, shape}, random));
                        // Some positions lie beyond the capacity: their rows are dropped.
                        kv_append(c.graph, caches, key, value, c.state("position", random_ids({s.batch}, random, static_cast<std::uint32_t>(s.capacity + 2))));
                        return c;
                    });
                }
}

void beam_rows(Rows& rows) {
    struct Beams {
        std::uint64_t sentences, beams, capacity;
    };
    for (const Beams s : {Beams{1, 1, 1}, {1, 2, 3}, {3, 4, 17}, {2, 5, 64}, {7, 3, 129}, {1, 64, 33}, {32, 4, 200}, {16, 8, 512}, {2, 64, 300}, {1, 5, 4099}})
        for (const bool grown : {false, true}) {   // an ancestors state with more rows than are in use
            const std::uint64_t count = s.sentences * s.beams;
            rows.add("reorder_ancestors " + times({s.sentences, s.beams, s.capacity}) + (grown ? " of more" : ""), [=](Random& random) {
                Case        c;
                const Value ancestors = c.state("ancestors", random_ids({count + (grown ? 3 : 0), s.capacity}, random, static_cast<std::uint32_t>(count)));
                Tensor      parents({Type::u32, {count}});
                for (std::uint32_t row = 0; row < count; ++row)
                    parents.as<std::uint32_t>()[row] = static_cast<std::uint32_t>(row / s.beams * s.beams + random.below(static_cast<std::uint32_t>(s.beams)));
                const Value position = c.state("position", random_ids({count}, random, static_cast<std::uint32_t>(s.capacity + 1)));
                reorder_ancestors(c.graph, ancestors, c.control("parents", std::move(parents)), position, s.beams);
                return c;
            });
        }

    const TensorDesc memories[] = {{Type::f32, {1, 1}}, {Type::f32, {5, 3}}, {Type::u32, {9, 17}}, {Type::f16, {16, 2, 6}}, {Type::f32, {33, 4, 5, 8}}, {Type::u32, {64}}, {Type::f16, {7, 130}},
                                   {Type::f32, {20, 3000}}, {Type::u32, {6, 20'011}}, {Type::f16, {70'000, 2}}};
    for (const TensorDesc& memory : memories)
        for (const unsigned keep : {1u, 2u, 4u}) {   // about every Nth row
            for (const Renumber renumber : {Renumber::no, Renumber::yes}) {
                if (renumber == Renumber::yes && memory.type != Type::u32) continue;
                rows.add("keep_rows 1/" + std::to_string(keep) + " of " + memory.text() + (renumber == Renumber::yes ? " renumbered" : ""), [=](Random& random) {
                    Case                       c;
                    std::vector<std::uint32_t> kept;
                    for (std::uint32_t row = 0; row < memory.shape[0]; ++row)
                        if (random.below(keep) == 0) kept.push_back(row);
                    if (kept.empty()) kept.push_back(static_cast<std::uint32_t>(memory.shape[0] - 1));
                    Tensor numbers = memory.type == Type::u32 ? random_ids(memory.shape, random, 1000) : random_tensor(memory, random);
                    if (renumber == Renumber::yes)
                        for (std::uint32_t& number : numbers.as<std::uint32_t>()) number += 100;   // never below 0
                    keep_rows(c.graph, c.state("memory", std::move(numbers)), c.control("kept", Tensor::u32({kept.size()}, kept)), renumber);
                    return c;
                });
            }
        }

    for (const Shape& shape : {Shape{1}, {7}, {64}, {257}, {3, 5}, {70'001}})
        for (const std::uint64_t step : {1u, 5u})
            rows.add("advance " + shape.text() + " by " + std::to_string(step), [=](Random& random) {
                Case c;
                advance(c.graph, c.state("position", random_ids(shape, random, 100'000)), step);
                return c;
            });
}

}  // namespace attune::test
