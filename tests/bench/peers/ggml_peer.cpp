// llama.cpp's side of peers.sh: measures cases of attune's names with ggml's Vulkan backend.
//
//   ggml_peer SAMPLES SECONDS CASE...      gemm:m=,n=,k=    attention:heads=,kv_heads=,batch=,queries=,keys=,head_dim=
//
// Prints a record for each, as bench/record.h has them. Weights, keys and values are f16, everything else f32. As many
// samples as that, or fewer if the case takes longer than so many seconds; a sample lasts 20 ms or longer and is one graph of
// the op over and over, as test-backend-ops times it. Some results are held against a loop in double.
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr double shortest_sample = 0.02, largest_nmse = 5e-4;  // the bound that test-backend-ops has

struct Case {
    std::string                         name, op;
    std::map<std::string, std::int64_t> sizes;
    std::string                         type = "f16";

    std::int64_t operator[](const char* size) const {
        const auto found = sizes.find(size);
        return found == sizes.end() ? 1 : found->second;
    }
};

Case parsed(const std::string& name) {
    Case              result{name, name.substr(0, name.find(':')), {}};
    const std::size_t colon = name.find(':');
    for (std::size_t at = colon + 1; colon != std::string::npos && at < name.size();) {
        const std::size_t equals = name.find('=', at), end = std::min(name.find(',', at), name.size());
        const std::string key = name.substr(at, equals - at), value = name.substr(equals + 1, end - equals - 1);
        if (key == "type")
            result.type = value;
        else
            result.sizes[key] = std::atoll(value.c_str());
        at = end + 1;
    }
    if (result.op == "attention") result.sizes.emplace("kv_heads", result["heads"]);
    return result;
}

std::vector<float> random_numbers(std::int64_t count, float scale, unsigned seed) {
    std::minstd_rand                      engine(seed);
    std::uniform_real_distribution<float> between(-scale, scale);
    std::vector<float>                    numbers(static_cast<std::size_t>(count));
    for (float& number : numbers) number = between(engine);
    return numbers;
}

// A tensor's numbers as it has them: f16 ones are rounded.
struct Filled {
    ggml_tensor*       tensor;
    std::vector<float> numbers;

    void upload() {
        if (tensor->type == GGML_TYPE_F32)
            return ggml_backend_tensor_set(tensor, numbers.data(), 0, ggml_nbytes(tensor));
        std::vector<ggml_fp16_t> halves(numbers.size());
        ggml_fp32_to_fp16_row(numbers.data(), halves.data(), static_cast<std::int64_t>(numbers.size()));
        ggml_fp16_to_fp32_row(halves.data(), numbers.data(), static_cast<std::int64_t>(numbers.size()));
        ggml_backend_tensor_set(tensor, halves.data(), 0, ggml_nbytes(tensor));
    }
};

// Squares of differences and of what was wanted, of some results.
struct Error {
    double differences = 0, wanted = 0;
    void   take(double found, double expected) {
          differences += (found - expected) * (found - expected);
          wanted += expected * expected;
    }
    double nmse() const { return differences / wanted; }
};

// y[n, m] = x[n, k] w[m, k]^T
double error_of_product(const Case& c, const std::vector<Filled>& in, const std::vector<float>& y) {
    const std::int64_t m = c["m"], n = c["n"], k = c["k"];
    Error              error;
    for (std::int64_t i = 0; i < 64; ++i) {
        const std::int64_t row = i * 7919 % n, column = i * 104729 % m;
        double             sum = 0;
        for (std::int64_t j = 0; j < k; ++j)
            sum += static_cast<double>(in[0].numbers[static_cast<std::size_t>(column * k + j)]) *
                   in[1].numbers[static_cast<std::size_t>(row * k + j)];
        error.take(y[static_cast<std::size_t>(row * m + column)], sum);
    }
    return error.nmse();
}

// Layouts of ggml: q [B, H, S, D], k and v [B, Hk, T, D], y [B, S, H, D].
double error_of_attention(const Case& c, const std::vector<Filled>& in, const std::vector<float>& y) {
    const std::int64_t heads = c["heads"], shared = heads / c["kv_heads"], queries = c["queries"], keys = c["keys"],
                       d = c["head_dim"];
    Error error;
    for (std::int64_t i = 0; i < 8; ++i) {
        const std::int64_t  head = i * 5 % heads, query = i * 7919 % queries, kv = head / shared;
        const float*        q = &in[0].numbers[static_cast<std::size_t>((head * queries + query) * d)];
        std::vector<double> result(static_cast<std::size_t>(d));
        double              total = 0;
        for (std::int64_t key = 0; key < keys; ++key) {
            const std::size_t at  = static_cast<std::size_t>((kv * keys + key) * d);
            double            dot = 0;
            for (std::int64_t j = 0; j < d; ++j)
                dot += static_cast<double>(q[j]) * in[1].numbers[at + static_cast<std::size_t>(j)];
            const double weight = std::exp(dot / std::sqrt(static_cast<double>(d)));
            total += weight;
            for (std::size_t j = 0; j < result.size(); ++j) result[j] += weight * in[2].numbers[at + j];
        }
        for (std::size_t j = 0; j < result.size(); ++j)
            error.take(y[static_cast<std::size_t>((query * heads + head) * d) + j], result[j] / total);
    }
    return error.nmse();
}

struct Built {
    std::vector<Filled> inputs;
    ggml_tensor*        result = nullptr;
    double              flop = 0, bytes = 0;
    double (*error)(const Case&, const std::vector<Filled>&, const std::vector<float>&) = nullptr;
};

Built product(ggml_context* context, const Case& c) {
    const std::int64_t m = c["m"], n = c["n"], k = c["k"];
    ggml_tensor*       weight = ggml_new_tensor_2d(context, c.type == "f32" ? GGML_TYPE_F32 : GGML_TYPE_F16, k, m);
    ggml_tensor*       x      = ggml_new_tensor_2d(context, GGML_TYPE_F32, k, n);
    Built              built;
    built.inputs = {{weight, random_numbers(m * k, 1.0F / std::sqrt(static_cast<float>(k)), 1)},
                    {x, random_numbers(n * k, 1, 2)}};
    built.result = ggml_mul_mat(context, weight, x);
    built.flop   = 2.0 * static_cast<double>(m * n * k);
    built.error  = error_of_product;
    return built;
}

Built attention(ggml_context* context, const Case& c) {
    const std::int64_t d = c["head_dim"], heads = c["heads"], kv_heads = c["kv_heads"], queries = c["queries"],
                       keys = c["keys"], batch = c["batch"];
    const ggml_type type = c.type == "f32" ? GGML_TYPE_F32 : GGML_TYPE_F16;
    ggml_tensor*    q    = ggml_new_tensor_4d(context, GGML_TYPE_F32, d, queries, heads, batch);
    ggml_tensor*    k    = ggml_new_tensor_4d(context, type, d, keys, kv_heads, batch);
    ggml_tensor*    v    = ggml_new_tensor_4d(context, type, d, keys, kv_heads, batch);
    Built           built;
    built.inputs = {{q, random_numbers(ggml_nelements(q), 1, 1)},
                    {k, random_numbers(ggml_nelements(k), 1, 2)},
                    {v, random_numbers(ggml_nelements(v), 1, 3)}};
    built.result = ggml_flash_attn_ext(context, q, k, v, nullptr, 1.0F / std::sqrt(static_cast<float>(d)), 0.0F, 0.0F);
    built.flop   = 4.0 * static_cast<double>(batch * heads * queries * keys * d);
    built.error  = error_of_attention;
    return built;
}

double seconds_of(const std::function<void()>& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Measured {
    double              nmse = 0;
    std::vector<double> ns;  // of one run, sorted
};

ggml_cgraph* graph_of(ggml_context* context, ggml_tensor* result, int repeats) {
    ggml_cgraph* graph = ggml_new_graph_custom(context, 4096, false);
    ggml_build_forward_expand(graph, result);
    for (int i = 1; i < repeats; ++i) ggml_graph_add_node(graph, result);
    return graph;
}

Measured measure(ggml_backend_t backend, ggml_context* context, const Case& c, Built& built, int samples,
                 double seconds) {
    const auto run = [&](ggml_cgraph* graph) {
        if (ggml_backend_graph_compute(backend, graph) != GGML_STATUS_SUCCESS) std::exit(1);
        ggml_backend_synchronize(backend);
    };
    ggml_cgraph* once = graph_of(context, built.result, 1);
    run(once);
    Measured           measured;
    std::vector<float> y(static_cast<std::size_t>(ggml_nelements(built.result)));
    ggml_backend_tensor_get(built.result, y.data(), 0, ggml_nbytes(built.result));
    measured.nmse        = built.error(c, built.inputs, y);
    const double warm    = seconds_of([&] { run(once); });
    const int    repeats = std::clamp(static_cast<int>(std::ceil(shortest_sample / warm)), 1, 4000);
    ggml_cgraph* graph   = graph_of(context, built.result, repeats);
    double       spent   = 0;
    if (repeats > 1) run(graph);
    for (int i = 0; i < samples && (i == 0 || spent < seconds); ++i) {
        const double took = seconds_of([&] { run(graph); });
        spent += took;
        measured.ns.push_back(1e9 * took / repeats);
    }
    std::sort(measured.ns.begin(), measured.ns.end());
    return measured;
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= 0x20)
            result += (c == '"' || c == '\\') ? std::string("\\") + c : std::string(1, c);
    return result + '"';
}

void print_record(const std::string& device, const Case& c, const Built& built, const Measured& measured) {
    const bool  plain = std::getenv("GGML_VK_DISABLE_COOPMAT") != nullptr;
    const auto& ns    = measured.ns;
    const bool  ok    = measured.nmse <= largest_nmse;
    std::printf("{\"schema\":1,\"case\":%s,\"op\":%s,\"params\":{", quoted(c.name).c_str(), quoted(c.op).c_str());
    for (const auto& size : c.sizes)
        std::printf("\"%s\":%lld,", size.first.c_str(), static_cast<long long>(size.second));
    std::printf("\"type\":%s},\"device\":%s,\"driver\":\"ggml "
                "%s%s\",\"path\":\"%s\",\"outcome\":\"%s\",\"ok\":%s,\"nmse\":%.3g",
                quoted(c.type).c_str(), quoted("llama.cpp on " + device).c_str(), ggml_version(),
                plain ? ", GGML_VK_DISABLE_COOPMAT=1" : "", plain ? "plain" : "matrix", ok ? "measured" : "wrong",
                ok ? "true" : "false", measured.nmse);
    if (ok) {
        const auto at = [&](double share) {
            return ns[static_cast<std::size_t>(share * static_cast<double>(ns.size() - 1))];
        };
        std::printf(",\"median_ns\":%.17g,\"p10_ns\":%.17g,\"p90_ns\":%.17g,\"n\":%zu", at(0.5), at(0.1), at(0.9),
                    ns.size());
    }
    std::printf(",\"flop\":%.17g,\"bytes\":0,\"clock\":\"host\"}\n", built.flop);
    std::fflush(stdout);
}

bool run_case(ggml_backend_t backend, const std::string& device, const Case& c, int samples, double seconds) {
    ggml_context* context =
        ggml_init({ggml_tensor_overhead() * 16 + 2 * ggml_graph_overhead_custom(4096, false), nullptr, true});
    Built built = c.op == "gemm" ? product(context, c) : c.op == "attention" ? attention(context, c) : Built();
    if (!built.result || !ggml_backend_supports_op(backend, built.result)) {
        std::fprintf(stderr, "ggml_peer: %s: ggml's Vulkan backend has no such op\n", c.name.c_str());
        return false;
    }
    ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(context, backend);
    if (!buffer) return std::fprintf(stderr, "ggml_peer: %s: no memory\n", c.name.c_str()), false;
    for (Filled& input : built.inputs) input.upload();
    print_record(device, c, built, measure(backend, context, c, built, samples, seconds));
    ggml_backend_buffer_free(buffer);
    ggml_free(context);
    return true;
}

}  // namespace

int main(int count, char** words) {
    if (count < 4) return std::fprintf(stderr, "usage: ggml_peer SAMPLES SECONDS CASE...\n"), 2;
    ggml_backend_load_all();
    const ggml_backend_reg_t vulkan = ggml_backend_reg_by_name("Vulkan");
    if (!vulkan || ggml_backend_reg_dev_count(vulkan) == 0)
        return std::fprintf(stderr, "ggml_peer: no Vulkan device\n"), 1;
    const ggml_backend_dev_t device  = ggml_backend_reg_dev_get(vulkan, 0);
    const ggml_backend_t     backend = ggml_backend_dev_init(device, nullptr);
    if (!backend) return std::fprintf(stderr, "ggml_peer: the Vulkan device cannot be used\n"), 1;
    bool all = true;
    for (int i = 3; i < count; ++i)
        all = run_case(backend, ggml_backend_dev_description(device), parsed(words[i]), std::atoi(words[1]),
                       std::atof(words[2])) &&
              all;
    ggml_backend_free(backend);
    return all ? 0 : 1;
}
