// Models: opened from files, uploaded.

#include "base/file.h"
#include "c_api/buffers.h"

using namespace attune;
using namespace attune::c_api;

namespace {

TranslatorOptions options_of(const Call& call, const attune_model_options* from) {
    const auto given = read_or_zero(from);
    if (given.precision > ATTUNE_INT8) call.refuse("precision is none of attune_precision");
    if (given.flags & ~static_cast<std::uint32_t>(ATTUNE_LOAD_LATER | ATTUNE_SHORTLIST))
        call.refuse("flags has a bit that there is not");
    TranslatorOptions options;
    options.precision  = static_cast<Precision>(given.precision);
    options.load_later = (given.flags & ATTUNE_LOAD_LATER) != 0;
    options.load_slots = most_slots;
    options.shortlist  = (given.flags & ATTUNE_SHORTLIST) != 0;
    if (given.batch_tokens) options.batch_tokens = given.batch_tokens;
    if (given.batch_rows) options.batch_rows = given.batch_rows;
    return options;
}

ModelFile file_of(const Call& call, const attune_file& given) {
    call.need(given.name, "a file's name");
    ModelFile file{.name = given.name};
    if (given.bytes || given.count == 0) {
        file.bytes = {static_cast<const std::byte*>(given.bytes), given.count};
        return file;
    }
    if (!given.read) call.refuse(file.name + " has neither bytes nor read");
    file.size = given.count;
    file.read = [given](std::uint64_t offset, std::span<std::byte> out) {
        return given.read(given.user, offset, out.data(), out.size()) == 0;
    };
    return file;
}

ModelSource source_of(const Call& call, const attune_source* from) {
    const auto given = read(from);
    call.need_zero(given.reserved, "reserved");
    if (given.folder && given.file_count > 0) call.refuse("the source has both a folder and files");
    if (given.folder) return path_from(given.folder);
    if (given.file_count == 0) call.refuse("the source has neither a folder nor files");
    call.need(given.files, "files");
    std::vector<ModelFile> files;
    for (const attune_file& file : read_array(given.files, given.file_count)) files.push_back(file_of(call, file));
    return files;
}

}  // namespace

attune_status attune_model_open(attune_device device, const attune_source* source, const attune_model_options* options,
                                attune_model* model, attune_error* error) {
    return guard(error, "attune_model_open", [&](Call& call) {
        call.need(model, "the result");
        *model                 = nullptr;
        attune_device_t& on    = call.use(device);
        const auto       how   = options_of(call, options);
        const auto       where = source_of(call, source);
        *model                 = on.add(attune_model_t::make(on.hold(), Translator(*on.device(), where, how)));
    });
}

void attune_model_destroy(attune_model model) { destroy(model); }

void attune_model_cancel(attune_model model) {
    guard(nullptr, "attune_model_cancel", [&](Call& call) { call.use(model).translator.cancel_load(); });
}

attune_status attune_model_load(attune_model model, const attune_target* target, const attune_budget* budget,
                                attune_progress* progress, attune_error* error) {
    return guard(error, "attune_model_load", [&](Call& call) {
        attune_model_t& of = call.use(model);
        const Out       out(progress, Out<attune_progress>::Null::allowed);
        const auto      where = read_or_zero(target);
        const auto      most  = read_or_zero(budget).bytes;
        call.need_zero(where.reserved, "reserved");
        const std::uint64_t before = of.translator.loading().done;
        const FrameTarget   into   = target ? frame_target(where) : FrameTarget{};
        const bool          all    = of.translator.load_next(into, most ? most : UINT64_MAX);
        attune_progress     result = {};
        result.state               = all ? ATTUNE_DONE : ATTUNE_RECORDED;
        result.bytes               = of.translator.loading().done;
        result.done                = result.bytes - before;
        result.left                = of.translator.loading().in_all - result.bytes;
        out.write(result);
    });
}
