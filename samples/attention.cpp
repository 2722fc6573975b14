// Multi-head attention on your own numbers, on a device and in double on the oracle.   sample_attention [HEADS FILE]
// FILE holds queries, keys and values: a row of numbers per line, an empty line between the three.
#include <attune/attune.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

constexpr const char* example = "1 0 2 1\n0 1 1 3\n\n1 0 1 1\n0 2 0 1\n1 1 2 0\n\n1 2 3 4\n5 6 7 8\n9 8 7 6\n";

// Rows up to an empty line or the end -> [1, rows, width]
attune::Tensor read_rows(std::istream& in) {
    std::vector<float> numbers;
    std::uint64_t      rows = 0, width = 0;
    for (std::string line; std::getline(in, line) && !line.empty(); ++rows) {
        std::istringstream row(line);
        const std::size_t  before = numbers.size();
        for (float number = 0; row >> number;) numbers.push_back(number);
        const std::uint64_t count = numbers.size() - before;
        if (!row.eof() || count == 0 || (rows > 0 && count != width))
            throw attune::Error(attune::Status::bad_input, line, "is not a row of as many numbers as the first");
        width = count;
    }
    if (rows == 0) throw attune::Error(attune::Status::bad_input, "input", "holds no rows where queries, keys or values should be");
    return attune::Tensor::f32({1, rows, width}, numbers);
}

// Prints a result of the device, a row per line, and how far it is from the oracle's.
void print(const std::string& name, const attune::Tensor& result, const std::vector<double>& expected) {
    const std::vector<double> found = result.doubles();
    double                    worst = 0;
    std::printf("%s %s\n", name.c_str(), result.desc().text().c_str());
    for (std::size_t i = 0; i < found.size(); ++i) {
        std::printf("%8.4f%s", found[i], (i + 1) % result.desc().width() ? "" : "\n");
        worst = std::fmax(worst, std::fabs(found[i] - expected[i]));
    }
    std::printf("differs from the oracle by at most %.1e\n\n", worst);
}

int main(int count, char** words) try {
    std::istringstream      built_in(example);
    std::ifstream           file(count > 2 ? words[2] : "");
    attune::Graph           g;
    attune::Session         session(attune::Device::open());
    attune::oracle::Session oracle;
    const auto input = [&](const char* name) {
        const attune::Tensor rows = read_rows(count > 2 ? static_cast<std::istream&>(file) : built_in);
        session.set(name, rows);
        oracle.set(name, rows);
        return g.input(name, rows.desc());
    };
    const attune::Value query = input("query"), key = input("key"), value = input("value");
    const auto [output, weights] = attune::attention_staged(g, query, key, value, {.heads = count > 2 ? std::stoull(words[1]) : 2});
    g.output("output", output);     // [1, queries, width]
    g.output("weights", weights);   // [1, heads, queries, keys]
    session.run(session.prepare(g));
    oracle.run(g);
    for (const char* name : {"output", "weights"}) print(name, session.get(name), oracle.get(name).values);
} catch (const std::exception& error) { return std::fprintf(stderr, "%s\n", error.what()), 1; }
