#include "bench/verify.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace attune::bench {
namespace {

Verdict verdict_of(const test::OracleComparison& comparison, const std::string& where) {
    Verdict verdict{.right = comparison.differences.empty(), .nmse = comparison.nmse};
    if (!verdict.right) verdict.note = where + comparison.differences.front();
    return verdict;
}

// The part of a result that a probe computes: rows of `desc`, each from its place.
Tensor rows_at(const Tensor& whole, const TensorDesc& desc, std::span<const Probe::Place> places) {
    Tensor            part(desc);
    const std::size_t item = size_of(desc.type), bytes = desc.width() * item;
    for (std::size_t row = 0; row < places.size(); ++row) {
        const std::uint64_t first = places[row].row * whole.desc().width() + places[row].column;
        std::memcpy(part.bytes().data() + row * bytes, whole.bytes().data() + first * item, bytes);
    }
    return part;
}

Verdict verify_piece(const BenchCase& which, test::Case& whole, const std::map<std::string, Tensor>& results,
                     std::uint64_t piece) {
    const Probe                   probe = which.family->probe(which.parameters, whole, piece);
    std::map<std::string, Tensor> parts;
    for (const auto& [name, value] : probe.part.graph.outputs())
        parts.emplace(name, rows_at(results.at(name), probe.part.graph.desc(value), probe.places));
    return verdict_of(test::compare_with_oracle(probe.part, parts), "piece " + std::to_string(piece) + ": ");
}

Verdict verify_twin(const BenchCase& which, const test::Case& whole, const Tensor& result, Session& session) {
    session.run(session.prepare(which.family->twin(which.parameters), "twin"));
    const Tensor        other = session.get("y");
    const oracle::Array wanted{other.desc().shape, other.doubles()};
    Verdict             verdict{.right = true, .nmse = test::nmse(result, wanted)};
    verdict.note  = test::difference(result, wanted, whole.largest_nmse);
    verdict.right = verdict.note.empty();
    if (!verdict.right) verdict.note = "against the staged path: " + verdict.note;
    return verdict;
}

}  // namespace

void Verdict::add(const Verdict& other) {
    if (right && !other.right) note = other.note;
    right = right && other.right;
    nmse  = std::isnan(other.nmse) ? other.nmse : std::max(nmse, other.nmse);
}

Verdict verify(const BenchCase& which, test::Case& whole, test::SessionRun& run, const VerifyOptions& options) {
    const auto results = run.results();
    const Work work    = which.family->work(which.parameters);
    if (std::max(work.flop, work.memory) <= options.oracle_flop)
        return verdict_of(test::compare_with_oracle(whole, results), {});
    Verdict             verdict;
    const std::uint64_t count = std::min(work.pieces, options.pieces);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t piece = count > 1 ? (work.pieces - 1) * i / (count - 1) : 0;
        verdict.add(verify_piece(which, whole, results, piece));
    }
    if (verdict.right && which.family->twin && work.twin_memory <= options.twin_memory)
        verdict.add(verify_twin(which, whole, results.at("y"), run.session()));
    return verdict;
}

}  // namespace attune::bench
