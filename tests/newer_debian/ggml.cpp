// ggml and attune in one program, each with a Vulkan device of its own on the same driver: ggml multiplies before, beside
// and after attune's attention, and both have to be right each time.
#include "attention.h"

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace {

constexpr int inner = 64, rows = 5, columns = 3;

int fail(const char* what) { return std::printf("%s\n", what), 1; }

// a[rows, inner] b[columns, inner]^T, against a plain loop in double.
int product_is_wrong(ggml_backend_t backend) {
    std::vector<float> a(rows * inner), b(columns * inner), product(rows * columns);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(std::sin(0.7 * static_cast<double>(i)));
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(std::cos(0.3 * static_cast<double>(i)));
    ggml_context* context = ggml_init({ggml_tensor_overhead() * 8 + ggml_graph_overhead(), nullptr, true});
    ggml_tensor*  left    = ggml_new_tensor_2d(context, GGML_TYPE_F32, inner, rows);
    ggml_tensor*  right   = ggml_new_tensor_2d(context, GGML_TYPE_F32, inner, columns);
    ggml_tensor*  made    = ggml_mul_mat(context, left, right);
    ggml_cgraph*  graph   = ggml_new_graph(context);
    ggml_build_forward_expand(graph, made);
    ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(context, backend);
    if (!buffer) return fail("ggml has no memory");
    ggml_backend_tensor_set(left, a.data(), 0, ggml_nbytes(left));
    ggml_backend_tensor_set(right, b.data(), 0, ggml_nbytes(right));
    const bool failed = ggml_backend_graph_compute(backend, graph) != GGML_STATUS_SUCCESS;
    ggml_backend_tensor_get(made, product.data(), 0, ggml_nbytes(made));
    ggml_backend_buffer_free(buffer);
    ggml_free(context);
    if (failed) return fail("ggml computed nothing");
    double worst = 0;
    for (int c = 0; c < columns; ++c)
        for (int r = 0; r < rows; ++r) {
            double sum = 0;
            for (int i = 0; i < inner; ++i) sum += static_cast<double>(a[r * inner + i]) * b[c * inner + i];
            const double error = std::abs(product[c * rows + r] - sum);
            worst              = std::isnan(error) ? HUGE_VAL : std::max(worst, error);
        }
    std::printf("ggml differs from a plain loop by at most %.1e\n", worst);
    return !(worst < 1e-4);
}

int both_are_right(ggml_backend_t backend) {
    attune_error   error = {sizeof(error), ATTUNE_TYPE_ERROR, nullptr, 0, {}};
    attune_device  device;
    attune_session session;
    if (attune_device_open(nullptr, &device, &error)) return fail(error.message);
    int wrong = product_is_wrong(backend);
    wrong |= attention_run(device, &session) != ATTUNE_OK;
    wrong |= product_is_wrong(backend);
    wrong |= session && attention_is_wrong(session);
    attune_session_destroy(session);
    attune_device_destroy(device);
    return wrong | product_is_wrong(backend);
}

}  // namespace

int main() {
    ggml_backend_load_all();  // libraries of their own: dlopen
    const ggml_backend_reg_t vulkan = ggml_backend_reg_by_name("Vulkan");
    if (!vulkan || ggml_backend_reg_dev_count(vulkan) == 0) return fail("ggml has no Vulkan device");
    const ggml_backend_dev_t device  = ggml_backend_reg_dev_get(vulkan, 0);
    const ggml_backend_t     backend = ggml_backend_dev_init(device, nullptr);
    if (!backend) return fail("ggml cannot use its Vulkan device");
    std::printf("ggml on %s\n", ggml_backend_dev_description(device));
    const int wrong = both_are_right(backend);
    ggml_backend_free(backend);
    return wrong;
}
