// Cases on devices: small ones of every family are right by both ways of looking, wrong ones are caught, and what does
// not fit is named.
#include "bench/bench.h"
#include "bench/case_run.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "support/test_devices.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

using namespace attune;
using namespace attune::bench;
using namespace attune::test;

namespace {

ModelPlace shipped() {
    return {ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es",
            ATTUNE_SOURCE_DIR "/checks/goldens/tatoeba-en-de-fr-es.json"};
}

test::Case made(const BenchCase& which) {
    Random random(which.name);
    return which.family->make(which.parameters, random);
}

RoofTable some_roofs() {
    RoofTable roofs;
    roofs.set(RoofKind::fma_f32, 1e11);
    roofs.set(RoofKind::read, 1e10);
    roofs.set(RoofKind::copy_shader, 1e10);
    roofs.set(RoofKind::dispatch_barrier, 1e5);
    return roofs;
}

// Those that take no time to measure.
constexpr RoofKind two_roofs[] = {RoofKind::fma_f32, RoofKind::dispatch_barrier};

constexpr MeasureOptions a_few{.samples = 3, .least_seconds = 1e-4, .warm_up_seconds = 0};

// Odd sizes, more than four pieces, heads that share keys.
const char* const small_cases[] = {
    "gemm:m=37,n=7,k=20,type=f32",
    "gemm:m=40,n=1,k=66,type=f16",
    "gemm:m=33,n=5,k=35,type=i8",
    "attention:heads=4,kv_heads=2,batch=2,queries=5,keys=9,head_dim=20,type=f32,causal=1",
    "attention:heads=2,batch=3,queries=1,keys=17,head_dim=32,type=f16",
    "attention_staged:heads=2,queries=6,keys=6,head_dim=8,type=f32,causal=1",
    "attention_scores:heads=2,kv_heads=1,batch=2,queries=3,keys=7,head_dim=12,type=f32",
    "attention_values:heads=4,kv_heads=2,queries=3,keys=10,head_dim=16,type=f16",
    "memory:context=9,heads=2,head_dim=16",
    "softmax:rows=6,width=33",
    "layer_norm:rows=7,width=40",
    "layer_norm:rows=5,width=31,residual=0",
    "heads:way=split,batch=2,queries=3,heads=3,head_dim=5",
    "heads:way=merge,batch=2,queries=5,heads=2,head_dim=6,type=f16",
    "embedding:tokens=9,vocabulary=31,width=14,type=f16",
    "embedding:tokens=6,vocabulary=11,width=10,type=i8",
    "top_k:rows=5,vocabulary=200,k=3",
};

}  // namespace

TEST_CASE("small cases of every family are right, as a whole and piece by piece, and are timed") {
    const RoofTable roofs = some_roofs();
    std::size_t     turn  = 0;
    for (const char* name : small_cases) {
        if (turn++ % row_share() != 0) continue;
        CAPTURE(name);
        const BenchCase which = parse_case(name, families());
        const Work      work  = which.family->work(which.parameters);
        CHECK(work.bytes > 0);
        CHECK(work.memory > 0);
        for (const double oracle_flop : {1e9, 0.0}) {
            CAPTURE(oracle_flop);
            CaseRunner runner(
                main_device(), shipped(), roofs,
                {.verify = {.oracle_flop = oracle_flop, .pieces = 5}, .measure = a_few, .most_memory = 1e9});
            Record record;
            runner.run(which, record);
            CHECK(record.note == (record.unstable ? "unstable: samples did not come within 2 % of each other" : ""));
            CHECK(record.ok);
            CHECK(record.outcome == Outcome::measured);
            CHECK(record.samples_ns.size() == 3);
            CHECK(record.median_ns > 0);
            CHECK(record.share_of_roof > 0);
            CHECK(!record.roof.empty());
            CHECK(!record.path.empty());
            CHECK(record.memory_bytes > 0);
            REQUIRE(record.nmse);
            CHECK(*record.nmse <= largest_nmse(Type::f16));
        }
    }
}

TEST_CASE("pieces cover the result: together they are all of it") {
    for (const char* name : small_cases) {
        CAPTURE(name);
        const BenchCase   which  = parse_case(name, families());
        test::Case        whole  = made(which);
        const Work        work   = which.family->work(which.parameters);
        const auto        output = whole.graph.outputs().begin();
        const TensorDesc& desc   = whole.graph.desc(output->second);
        std::vector<int>  times(desc.elements());
        for (std::uint64_t piece = 0; piece < work.pieces; ++piece) {
            const Probe       probe = which.family->probe(which.parameters, whole, piece);
            const TensorDesc& part  = probe.part.graph.desc(probe.part.graph.outputs().begin()->second);
            REQUIRE(part.rows() == probe.places.size());
            CHECK(part.type == desc.type);
            for (const Probe::Place& place : probe.places)
                for (std::uint64_t i = 0; i < part.width(); ++i)
                    ++times.at(place.row * desc.width() + place.column + i);
        }
        CHECK(std::ranges::count(times, 1) == static_cast<std::ptrdiff_t>(times.size()));
    }
}

TEST_CASE("a wrong result is caught, as a whole, by a piece, and by its twin") {
    const BenchCase  gemm  = parse_case("gemm:m=9,n=6,k=12", families());
    test::Case       right = made(gemm), other = made(gemm);
    test::SessionRun run(main_device(), right);
    CHECK(verify(gemm, right, run, {}).right);
    CHECK(verify(gemm, right, run, {.oracle_flop = 0}).right);

    // What one element of the last row of x is: 1 % of its size is wrong, and only the last piece can see it.
    Tensor& x = other.tensors.at("x");
    x.as<float>().back() *= 1.01f;
    const Verdict whole = verify(gemm, other, run, {}), pieces = verify(gemm, other, run, {.oracle_flop = 0});
    CHECK_FALSE(whole.right);
    CHECK(whole.nmse > 1e-9);
    CHECK(whole.note.find("NMSE") != std::string::npos);
    CHECK_FALSE(pieces.right);
    CHECK(pieces.note.find("piece 5: ") != std::string::npos);

    // The staged path of other numbers than the fused one had: seen where no piece is looked at.
    Family doubled = *parse_case("attention", families()).family;
    doubled.twin   = [](const Parameters& p) {
        Graph       g;
        const Value q = g.input("query", {Type::f32, {1, 2, number_of(p, "queries"), 8}});
        const Value k = g.input("key", {Type::f32, {1, 2, number_of(p, "keys"), 8}}), v = g.input("value", g.desc(k));
        g.output("y", attention_staged(g, q, k, v, {.heads = 2, .scale = 0.5}).output);
        return g;
    };
    const BenchCase  fused   = parse_case("attention:heads=2,queries=5,head_dim=8", std::span(&doubled, 1));
    test::Case       numbers = made(fused);
    test::SessionRun attend(main_device(), numbers);
    const Verdict    verdict = verify(fused, numbers, attend, {.oracle_flop = 0});
    CHECK_FALSE(verdict.right);
    CHECK(verdict.note.find("staged path") != std::string::npos);
}

namespace {

// gemm, but what is expected of a piece is another weight's product.
Probe wrong_probe(const Parameters& parameters, test::Case& whole, std::uint64_t piece) {
    Probe  probe = parse_case("gemm", families()).family->probe(parameters, whole, piece);
    Tensor weight =
        Tensor::from_doubles(probe.part.weights.at("weight").desc, probe.part.weights.at("weight").doubles());
    weight.as<float>()[0] += 0.1f;
    probe.part.weights.set("weight", std::move(weight));
    return probe;
}

std::vector<Record> records_of(BenchOptions options, BenchSummary& summary) {
    std::vector<Record> records;
    options.record = [&](const Record& record) {
        if (record.op != "roof")
            records.push_back(record);
        else
            CHECK(from_json(to_json(record)).ok);
    };
    options.depth = Depth::quick;
    options.roofs = two_roofs;
    summary       = run_bench(main_device(), options);
    return records;
}

}  // namespace

TEST_CASE("a run goes on behind a wrong result and one that does not fit, and gives neither a speed") {
    Family wrong = *parse_case("gemm", families()).family;
    wrong.name   = "wrong_gemm";
    wrong.probe  = wrong_probe;
    std::vector<Family> known(families().begin(), families().end());
    known.push_back(wrong);
    BenchSummary summary;
    const auto   records = records_of({.names   = {"softmax:rows=4,width=8", "wrong_gemm:m=1024,n=16,k=1024",
                                                   "gemm:m=1048576,n=1,k=1048576", "softmax:rows=5,width=8"},
                                       .samples = 2,
                                       .model   = shipped(),
                                       .known   = known},
                                      summary);
    REQUIRE(records.size() == 4);
    CHECK(summary.measured == 2);
    CHECK(summary.wrong == 1);
    CHECK(summary.left_out == 1);
    CHECK(summary.failed == 0);
    CHECK(records[0].outcome == Outcome::measured);
    CHECK(records[1].outcome == Outcome::wrong);
    CHECK(records[1].note.starts_with("wrong: piece"));
    CHECK(records[2].outcome == Outcome::left_out);
    CHECK(records[2].note.find("MiB") != std::string::npos);
    CHECK(records[3].outcome == Outcome::measured);
    for (const Record& record : records) {
        CHECK(record.ok == (record.outcome == Outcome::measured));
        CHECK(record.timed() == record.ok);
        CHECK(record.samples_ns.empty() != record.ok);
        CHECK(record.share_of_roof.has_value() == record.ok);
        CHECK(to_json(from_json(to_json(record))) == to_json(record));
        CHECK(record.device == main_device().info().name);
        CHECK(record.device_uuid.size() == 32);
        CHECK(record.shaders.size() == 16);
        CHECK(record.command == "attune bench --case " + record.name);
        CHECK(parse_case(record.name, known).parameters == record.params);
    }
}

TEST_CASE("what the time is over for is named") {
    BenchSummary summary;
    const auto   records =
        records_of({.names = {"softmax:rows=4,width=8"}, .max_seconds = 0, .model = shipped()}, summary);
    REQUIRE(records.size() == 1);
    CHECK(records[0].outcome == Outcome::left_out);
    CHECK(records[0].note.find("time was over") != std::string::npos);
}

TEST_CASE("a run that is cancelled has handed over what it had") {
    std::atomic<bool>   cancel{false};
    std::vector<Record> records;
    BenchOptions        options{.names   = {"softmax:rows=4,width=8", "softmax:rows=5,width=8"},
                                .depth   = Depth::quick,
                                .samples = 2,
                                .model   = shipped(),
                                .roofs   = two_roofs,
                                .cancel  = &cancel};
    options.record = [&](const Record& record) {
        if (record.op != "roof") records.push_back(record), cancel = true;
    };
    expect_error(Status::cancelled, {"bench"}, [&] { run_bench(main_device(), options); });
    REQUIRE(records.size() == 1);
    CHECK(records[0].timed());
}

TEST_CASE("a device's memory that does not suffice leaves a case out, and one of another size runs") {
    Device::Options small{.select = {}, .caps = profile_caps()};
    small.caps.device_memory = 4 << 20;
    const Device    device   = Device::open(small);
    const RoofTable roofs    = some_roofs();
    CaseRunner      runner(device, shipped(), roofs, {.verify = {}, .measure = a_few, .most_memory = 1e9});
    Record          large, little;
    runner.run(parse_case("softmax:rows=1024,width=1024", families()), large);
    CHECK(large.outcome == Outcome::left_out);
    CHECK(large.note.find("left out: ") == 0);
    runner.run(parse_case("softmax:rows=4,width=8", families()), little);
    CHECK(little.outcome == Outcome::measured);
}

TEST_CASE("memory of a context is planned where running it would take too long, and grows as the context does") {
    const RoofTable            roofs = some_roofs();
    CaseRunner                 runner(main_device(), shipped(), roofs,
                                      {.verify = {}, .measure = a_few, .most_seconds = 1e-3, .most_memory = 1e10});
    std::vector<std::uint64_t> bytes;
    for (const char* name : {"memory:context=1024", "memory:context=8192"}) {
        Record record;
        runner.run(parse_case(name, families()), record);
        CHECK(record.outcome == Outcome::planned);
        CHECK(record.ok);
        CHECK_FALSE(record.timed());
        bytes.push_back(record.memory_bytes.value_or(0));
    }
    CHECK(bytes[0] >= 4 * 1024 * 64 * 4);
    CHECK(static_cast<double>(bytes[1]) <= 1.02 * 8 * static_cast<double>(bytes[0]));
}

TEST_CASE("models: the shipped one is checked and timed") {
    if (profile() != "lavapipe") return;  // a minute of compilation elsewhere
    const RoofTable roofs = some_roofs();
    CaseRunner      runner(main_device(), shipped(), roofs, {.verify = {}, .measure = a_few, .most_memory = 1e9});
    for (const char* name : {"encode:batch=2", "decode_step:batch=2,beam=1", "translate:batch=2,beam=1", "translate:batch=2,beam=1,type=i8"}) {
        CAPTURE(name);
        Record record;
        runner.run(parse_case(name, families()), record);
        CHECK(record.outcome == Outcome::measured);
        CHECK(record.samples_ns.size() == 3);
        REQUIRE(record.tokens);
        CHECK(*record.tokens >= 2);
        REQUIRE(record.nmse);
        CHECK(*record.nmse <= (std::string(name).find("i8") == std::string::npos ? 1e-9 : 1e-4));
    }
}

TEST_CASE("a model that does not translate as it should has no speed") {
    if (profile() != "lavapipe") return;
    ModelPlace place = shipped();
    auto       json  = nlohmann::json::parse(std::ifstream(place.goldens));
    for (auto& line : json) line["greedy"] = line["greedy"].get<std::string>() + "!";
    TemporaryFolder folder;
    place.goldens = folder.path() / "goldens.json";
    std::ofstream(place.goldens) << json.dump();
    const RoofTable roofs = some_roofs();
    CaseRunner      runner(main_device(), place, roofs, {.verify = {}, .measure = a_few, .most_memory = 1e9});
    Record          record;
    runner.run(parse_case("encode:batch=2", families()), record);
    CHECK(record.outcome == Outcome::wrong);
    CHECK_FALSE(record.timed());
    CHECK(record.note.find(" -> ") != std::string::npos);
}

TEST_CASE("a generated model translates as on the oracle, and the same each time") {
    if (profile() != "lavapipe") return;
    const GeneratedSizes   small{.layers = 1, .width = 32, .heads = 2, .inner = 48, .vocabulary = 8100};
    const GeneratedModel   model(shipped().folder, small), again(shipped().folder, small);
    const TranslateOptions options{.beam_size = 1, .max_length = 5};
    const std::string      line   = "Good morning!";
    const Translation      wanted = Translator::on_oracle(model.source()).translate(line, options);
    const Translation      got    = Translator(main_device(), again.source()).translate(line, options);
    CHECK(got.hypotheses.at(0).tokens == wanted.hypotheses.at(0).tokens);
    CHECK(got.hypotheses.at(0).tokens.size() == 5);
    CHECK(got.hypotheses.at(0).score == doctest::Approx(wanted.hypotheses.at(0).score));
    expect_error(Status::bad_input, {"vocab.json", "more words"},
                 [&] { GeneratedModel(shipped().folder, {.vocabulary = 8000}); });
    expect_error(Status::bad_input, {"vocab.json"}, [&] { GeneratedModel(shipped().folder / "nowhere"); });
}
