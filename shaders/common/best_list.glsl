// The best of what one lane has seen, best first, at least p.k of them and at most LIST: keep() what comes in ascending
// order of its id, so that among equals the lower id stays ahead. -inf is never kept. After common/numeric.glsl.
const uint NONE = 0xffffffffu;

float best[LIST];
uint  best_id[LIST];

// Short lists are indexed by constants alone, and moved along without a branch: lavapipe keeps them in registers then,
// which makes a list of 8 ten times as fast. They have all LIST places; long ones have p.k.
#if LIST <= 16
#define LAST          (LIST - 1)
#define EACH_PLACE(i) [[unroll]] for (uint i = 0u; i < LIST; ++i)
#else
#define LAST          (p.k - 1u)
#define EACH_PLACE(i) for (uint i = 0u; i < p.k; ++i)
#endif

void begin_list() {
    EACH_PLACE(i) {
        best[i]    = minus_infinity();
        best_id[i] = NONE;
    }
}

#if LIST <= 16
void keep(float logit, uint id) {
    bool ahead = false;
    EACH_PLACE(place) {
        ahead = ahead || logit > best[place];
        const float next    = best[place];
        const uint  next_id = best_id[place];
        best[place]    = ahead ? logit : next;
        best_id[place] = ahead ? id : next_id;
        logit = ahead ? next : logit;
        id    = ahead ? next_id : id;
    }
}
#else
void keep(float logit, uint id) {
    if (!(logit > best[LAST])) return;
    uint place = LAST;
    // Several steps a turn: logits that ascend move the whole list each time, and lavapipe counts the turns.
    while (place > 0u && logit > best[place - 1u]) {
        [[unroll]] for (int step = 0; step < 8; ++step) {
            if (place > 0u && logit > best[place - 1u]) {
                best[place] = best[place - 1u];
                best_id[place] = best_id[place - 1u];
                --place;
            }
        }
    }
    best[place] = logit;
    best_id[place] = id;
}
#endif
