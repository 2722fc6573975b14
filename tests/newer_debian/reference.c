#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The larger one; what is not a number counts as the largest. */
static double worse(double a, double b) { return isnan(b) ? HUGE_VAL : fmax(a, b); }

/* One query of one head: softmax(q k^T / sqrt(size)) v, and how far the output is from it at most. */
static double worst_of(const float *query, const float *key, const float *value, const float *output, size_t keys,
                       size_t width, size_t size) {
    double *weights = malloc(keys * sizeof(double));
    double  highest = -HUGE_VAL, sum = 0, worst = 0;
    size_t  t, d;
    if (!weights) return HUGE_VAL;
    for (t = 0; t < keys; ++t) {
        weights[t] = 0;
        for (d = 0; d < size; ++d) weights[t] += (double)query[d] * key[t * width + d];
        weights[t] /= sqrt((double)size);
        highest = fmax(highest, weights[t]);
    }
    for (t = 0; t < keys; ++t) sum += weights[t] = exp(weights[t] - highest);
    for (d = 0; d < size; ++d) {
        double expected = 0;
        for (t = 0; t < keys; ++t) expected += weights[t] / sum * value[t * width + d];
        worst = worse(worst, fabs(output[d] - expected));
    }
    free(weights);
    return worst;
}

int attention_differs(const float *query, const float *key, const float *value, const float *output, size_t heads,
                      size_t queries, size_t keys, size_t width) {
    const size_t size = width / heads;
    double       worst = 0;
    size_t       h, i;
    for (i = 0; i < queries; ++i)
        for (h = 0; h < heads; ++h) {
            const size_t place = i * width + h * size;
            worst = worse(worst, worst_of(query + place, key + h * size, value + h * size, output + place, keys, width,
                                          size));
        }
    printf("differs from the formula in double by at most %.1e\n", worst);
    return !(worst < 1e-5);
}
