// The best of what a workgroup has seen, best first and equal ones by their ids, at most p.k of them. Lanes offer() up to
// OFFERS candidates each, then all of them settle(); after finish() they are best[0 .. p.k). What is not behind the last of p.k
// that are known is put down in the order in which lanes come, and sorted where no more might fit: no two candidates
// have the same place in the order, so that chance decides nothing. -inf and NaN are never kept.
// For a GROUP and a p.k of at most 64. After both and common/numeric.glsl.
const uint NONE   = 0xffffffffu;
const uint OFFERS = 4u;
const uint PLACES = 512u;   // a power of two; for p.k and the offers of two turns

shared float best[PLACES];
shared uint  best_id[PLACES];
shared uint  places_taken;

// Of the last of p.k that are known.
float worst_kept    = minus_infinity();
uint  worst_kept_id = 0u;

bool before(float a, uint a_id, float b, uint b_id) { return a > b || (a == b && a_id < b_id); }

void begin_list() {
    if (gl_LocalInvocationID.x == 0u) places_taken = 0u;
    barrier();
}

bool is_wanted(float logit, uint id) { return before(logit, id, worst_kept, worst_kept_id); }

void offer(float logit, uint id) {
    const uint place = atomicAdd(places_taken, 1u);
    best[place]    = logit;
    best_id[place] = id;
}

// Batcher's bitonic sort (1968), in which every merge begins by comparing mirror images: all runs are sorted the same way.
void sort_places(uint size) {
    for (uint run = 2u; run <= size; run *= 2u) {
        for (uint apart = run / 2u; apart > 0u; apart /= 2u) {
            for (uint i = gl_LocalInvocationID.x; i < size / 2u; i += GROUP) {
                const uint  a = 2u * i - (i & (apart - 1u)), b = 2u * apart == run ? a ^ (run - 1u) : a + apart;
                const float value = best[a], other = best[b];
                const uint  id = best_id[a], other_id = best_id[b];
                if (!before(other, other_id, value, id)) continue;
                best[a]    = other;
                best_id[a] = other_id;
                best[b]    = value;
                best_id[b] = id;
            }
            barrier();
        }
    }
}

// Those of the first `count` places that are among the best p.k come first; (-inf, none) where there are fewer.
void keep_best(uint count) {
    uint size = 2u;
    while (size < max(count, p.k)) size *= 2u;
    for (uint i = count + gl_LocalInvocationID.x; i < size; i += GROUP) {
        best[i]    = minus_infinity();
        best_id[i] = NONE;
    }
    barrier();
    sort_places(size);
}

// How many places are taken, to all lanes alike.
uint count_places() {
    barrier();
    const uint count = places_taken;
    barrier();                                     // from here on they may be more
    return count;
}

void settle() {
    const uint count = count_places();
    if (count + OFFERS * GROUP <= PLACES) return;
    keep_best(count);
    worst_kept    = best[p.k - 1u];
    worst_kept_id = best_id[p.k - 1u];
    if (gl_LocalInvocationID.x == 0u) places_taken = p.k;
    barrier();
}

void finish() { keep_best(count_places()); }
