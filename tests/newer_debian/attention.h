/* The guest of these programs: fused attention by itself, in memory of attune's. */
#ifndef ATTENTION_H
#define ATTENTION_H

#include <attune/attune.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs it once. Its key and value are weights, its query is set, its output copied back: memory of every use. The session
 * is null if a call failed, of which the status is returned and the message printed. */
attune_status attention_run(attune_device device, attune_session* session);
/* 1 unless the output of the last run is what the formula gives in double, to the precision of f32. */
int attention_is_wrong(attune_session session);

#ifdef __cplusplus
}
#endif
#endif
