/* softmax(Q K^T / sqrt(D)) V in double, head by head: the static library is not always there to ask its oracle. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stddef.h>

/* 0 if the output is that, to the precision of f32. */
int attention_differs(const float *query, const float *key, const float *value, const float *output, size_t heads,
                      size_t queries, size_t keys, size_t width);

#endif
