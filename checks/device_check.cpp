#include "checks/device_check.h"

#include "checks/session_run.h"

#include <attune/error.hpp>

#include <chrono>
#include <numeric>

namespace attune::test {
namespace {

constexpr double      share_of_rows  = 0.6;  // of the budget; the goldens have the rest
constexpr std::size_t lines_together = 20;

class Checker {
public:
    Checker(const Device& device, const DeviceCheckOptions& options) : device_(device), options_(options) {}

    DeviceCheck run() {
        check_rows();
        const std::vector<Golden> goldens = read_goldens(options_.goldens);
        result_.goldens                   = goldens.size();
        check_goldens(goldens);
        result_.seconds = seconds();
        return std::move(result_);
    }

private:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

    bool time_is_up(double share) const { return options_.seconds && seconds() > *options_.seconds * share; }

    void show(const std::string& what, double share) const {
        if (options_.cancel && options_.cancel->load()) throw Error(Status::cancelled, "check", "was cancelled");
        if (options_.progress) options_.progress(what, share);
    }

    // Calls `work`; what it throws is a failure under the name `what`.
    template <class Work> void attempt(const std::string& what, const Work& work) {
        try {
            work();
        } catch (const Error& error) {
            if (error.status() == Status::cancelled) throw;
            result_.failures.push_back({what, error.what()});
        }
    }

    // All rows, or as many as the time allows, taken from everywhere in the tables: steps of a number that has no
    // divisor in common with theirs meet each row once.
    void check_rows() {
        std::vector<Rows> tables;
        std::vector<std::pair<std::size_t, std::size_t>> order;  // table, row
        for (const OpTable& table : op_tables()) {
            table.fill(tables.emplace_back());
            for (std::size_t row = 0; row < tables.back().all().size(); ++row) order.emplace_back(tables.size() - 1, row);
        }
        result_.rows     = order.size();
        std::size_t step = order.size() * 618 / 1000 | 1;
        while (std::gcd(step, order.size()) != 1) step += 2;
        for (std::size_t i = 0; i < order.size() && (i < tables.size() || !time_is_up(share_of_rows)); ++i) {
            const auto& [table, row] = order[i * step % order.size()];
            check_row(tables[table].all()[row]);
        }
    }

    void check_row(const Rows::Row& row) {
        show(row.name, share_of_rows * static_cast<double>(result_.rows_run) / static_cast<double>(result_.rows));
        ++result_.rows_run;
        attempt(row.name, [&] {
            for (const std::string& what : failures_in_session(device_, row.made())) result_.failures.push_back({row.name, what});
        });
    }

    static void add(GoldenCount& sum, const GoldenCount& part) {
        sum.lines += part.lines;
        sum.equal += part.equal;
        sum.wrong_scores += part.wrong_scores;
        sum.different.insert(sum.different.end(), part.different.begin(), part.different.end());
    }

    using Count = GoldenCount (*)(Translator&, std::span<const Golden>);

    void check_goldens(const std::vector<Golden>& goldens) {
        attempt("model", [&] {
            Translator translator(device_, options_.model);
            count(translator, goldens, count_greedy, result_.greedy, "greedy", 0.8);
            count(translator, goldens, count_beams, result_.beams, "beam 4", 1);
        });
        if (options_.seconds) return;
        attempt("model in f16", [&] {
            Translator translator(device_, options_.model, {.precision = Precision::f16});
            count(translator, goldens, count_greedy, result_.greedy_f16.emplace(), "f16", 1);
        });
    }

    // Some lines at a time, at least once.
    void count(Translator& translator, const std::vector<Golden>& goldens, Count counted, GoldenCount& sum,
               const std::string& what, double until) {
        for (std::size_t first = 0; first < goldens.size() && (first == 0 || !time_is_up(until)); first += lines_together) {
            show(what, until - 0.2 + 0.2 * static_cast<double>(first) / static_cast<double>(goldens.size()));
            // Lines of all languages: every so manieth from `first` / lines_together on.
            std::vector<Golden> some;
            const std::size_t   step = (goldens.size() + lines_together - 1) / lines_together;
            for (std::size_t i = first / lines_together; i < goldens.size(); i += step) some.push_back(goldens[i]);
            add(sum, counted(translator, some));
        }
    }

    const Device&                         device_;
    const DeviceCheckOptions&             options_;
    DeviceCheck                           result_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

bool DeviceCheck::passed() const {
    const bool f16 = !greedy_f16 || (greedy_f16->lines - greedy_f16->equal) * 100 <= greedy_f16->lines;
    return rows_run > 0 && failures.empty() && enough_greedy(greedy) && enough_beams(beams) && f16;
}

bool DeviceCheck::complete() const { return rows_run == rows && beams.lines == goldens && greedy_f16.has_value(); }

DeviceCheck check_device(const Device& device, const DeviceCheckOptions& options) { return Checker(device, options).run(); }

}  // namespace attune::test
