#include "bench/record.h"

#include <attune/error.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>

namespace attune::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array outcomes = {Outcome::measured, Outcome::planned, Outcome::wrong, Outcome::left_out,
                                 Outcome::failed};

[[noreturn]] void refuse(const std::string& member, const std::string& what) {
    throw Error(Status::bad_input, "record", "'" + member + "' " + what);
}

Json object(const Parameters& params) {
    Json json = Json::object();
    for (const auto& [name, value] : params) std::visit([&, &to = json[name]](const auto& v) { to = v; }, value);
    return json;
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Outcome outcome_of(const std::string& name) {
    for (const Outcome outcome : outcomes)
        if (name == name_of(outcome)) return outcome;
    refuse("outcome", "is '" + name + "', which is none");
}

// Members of a line, each by its type; an absent one leaves what is there, unless it has to be there.
class Reader {
public:
    explicit Reader(const Json& json) : json_(json) {}

    template <class Value> void optional(const char* name, Value& value) const {
        const auto found = json_.find(name);
        if (found == json_.end() || found->is_null()) return;
        read(name, *found, value);
    }

    template <class Value> void required(const char* name, Value& value) const {
        const auto found = json_.find(name);
        if (found == json_.end() || found->is_null()) refuse(name, "is missing");
        read(name, *found, value);
    }

private:
    static void read(const char* name, const Json& json, std::string& value) {
        if (!json.is_string()) refuse(name, "is no text");
        value = json.get<std::string>();
    }
    static void read(const char* name, const Json& json, bool& value) {
        if (!json.is_boolean()) refuse(name, "is neither true nor false");
        value = json.get<bool>();
    }
    static void read(const char* name, const Json& json, double& value) {
        if (!json.is_number()) refuse(name, "is no number");
        value = json.get<double>();
        if (!std::isfinite(value)) refuse(name, "is no number that can be");
    }
    static void read(const char* name, const Json& json, std::uint64_t& value) {
        if (!json.is_number_unsigned()) refuse(name, "is no whole number from 0 on");
        value = json.get<std::uint64_t>();
    }
    static void read(const char* name, const Json& json, std::uint32_t& value) {
        std::uint64_t wide = 0;
        read(name, json, wide);
        if (wide > UINT32_MAX) refuse(name, "is too large");
        value = static_cast<std::uint32_t>(wide);
    }
    template <class Value> static void read(const char* name, const Json& json, std::optional<Value>& value) {
        read(name, json, value.emplace());
    }
    static void read(const char* name, const Json& json, std::vector<double>& value) {
        if (!json.is_array()) refuse(name, "is no list");
        for (const Json& one : json) read(name, one, value.emplace_back());
    }
    static void read(const char* name, const Json& json, Parameters& value) {
        if (!json.is_object()) refuse(name, "is no object");
        for (const auto& [key, one] : json.items()) {
            if (one.is_string())
                value.emplace_back(key, one.get<std::string>());
            else if (one.is_number_unsigned())
                value.emplace_back(key, one.get<std::uint64_t>());
            else
                refuse(name, "has a '" + key + "' that is neither text nor a whole number");
        }
    }

    const Json& json_;
};

void read_measurement(const Reader& reader, Record& r) {
    reader.optional("nmse", r.nmse);
    reader.optional("note", r.note);
    reader.optional("median_ns", r.median_ns);
    reader.optional("p10_ns", r.p10_ns);
    reader.optional("p90_ns", r.p90_ns);
    reader.optional("low_ns", r.low_ns);
    reader.optional("high_ns", r.high_ns);
    reader.optional("samples_ns", r.samples_ns);
    reader.optional("repeats", r.repeats);
    reader.optional("clock", r.clock);
    reader.optional("cache", r.cache);
    reader.optional("unstable", r.unstable);
    reader.optional("flop", r.flop);
    reader.optional("bytes", r.bytes);
    reader.optional("roof", r.roof);
    reader.optional("share_of_roof", r.share_of_roof);
    reader.optional("tokens", r.tokens);
    reader.optional("memory_bytes", r.memory_bytes);
    reader.optional("value", r.value);
    reader.optional("unit", r.unit);
}

}  // namespace

std::string text(const ParameterValue& value) {
    if (const auto* number_value = std::get_if<std::uint64_t>(&value)) return std::to_string(*number_value);
    return std::get<std::string>(value);
}

const char* name_of(Outcome outcome) noexcept {
    switch (outcome) {
    case Outcome::measured: return "measured";
    case Outcome::planned: return "planned";
    case Outcome::wrong: return "wrong";
    case Outcome::left_out: return "left_out";
    case Outcome::failed: break;
    }
    return "failed";
}

std::string to_json(const Record& r) {
    Json json = {{"schema", r.schema},
                 {"case", r.name},
                 {"op", r.op},
                 {"params", object(r.params)},
                 {"device", r.device},
                 {"device_uuid", r.device_uuid},
                 {"driver", r.driver},
                 {"driver_id", r.driver_id},
                 {"path", r.path},
                 {"outcome", name_of(r.outcome)},
                 {"ok", r.ok},
                 {"nmse", number(r.nmse)},
                 {"note", r.note},
                 {"median_ns", number(r.median_ns)},
                 {"p10_ns", number(r.p10_ns)},
                 {"p90_ns", number(r.p90_ns)},
                 {"low_ns", number(r.low_ns)},
                 {"high_ns", number(r.high_ns)},
                 {"n", r.samples_ns.size()},
                 {"samples_ns", r.samples_ns},
                 {"repeats", r.repeats},
                 {"clock", r.clock},
                 {"flop", r.flop},
                 {"bytes", r.bytes},
                 {"roof", r.roof},
                 {"share_of_roof", number(r.share_of_roof)}};
    if (!r.tuning.empty()) json["tuning"] = r.tuning;
    if (r.tokens) json["tokens"] = *r.tokens;
    if (r.memory_bytes) json["memory_bytes"] = *r.memory_bytes;
    if (r.value) json["value"] = *r.value;
    if (!r.unit.empty()) json["unit"] = r.unit;
    json["cache"]    = r.cache;
    json["unstable"] = r.unstable;
    json["version"]  = r.version;
    json["git"]      = r.git;
    json["shaders"]  = r.shaders;
    json["date"]     = r.date;
    json["command"]  = r.command;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Record from_json(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded()) throw Error(Status::bad_input, "record", "is not JSON");
    if (!json.is_object()) throw Error(Status::bad_input, "record", "is not a JSON object");
    const Reader  reader(json);
    std::uint32_t schema = 0;
    reader.required("schema", schema);
    if (schema != Record::newest_schema) refuse("schema", "is " + std::to_string(schema) + ", and 1 is known");
    Record      r;
    std::string outcome;
    reader.required("case", r.name);
    reader.required("op", r.op);
    reader.required("params", r.params);
    reader.required("device", r.device);
    reader.required("ok", r.ok);
    reader.optional("outcome", outcome);
    r.outcome = !outcome.empty() ? outcome_of(outcome) : r.ok ? Outcome::measured : Outcome::failed;
    reader.optional("device_uuid", r.device_uuid);
    reader.optional("driver", r.driver);
    reader.optional("driver_id", r.driver_id);
    reader.optional("tuning", r.tuning);
    reader.optional("path", r.path);
    read_measurement(reader, r);
    reader.optional("version", r.version);
    reader.optional("git", r.git);
    reader.optional("shaders", r.shaders);
    reader.optional("date", r.date);
    reader.optional("command", r.command);
    return r;
}

}  // namespace attune::bench
