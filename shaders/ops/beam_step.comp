// One step of beam search for each sentence, by the rules and in the order of runtime/search/beam_step.h.
//
// ids, log_probabilities  [R, k]     rules  [end tokens, divisors]     chosen  [sentences, n] u32
// tokens, parents  [R] u32     search  [1 + sentences, words] u32     history  [R, slots, 2 k + 2] u32
// R = sentences * beams; a lane owns a sentence. A row's candidates come best first, so the best of all are found
// by merging rows. A sentence that has stopped goes on by the same rules, if it can: its rows are looked at by nobody,
// and one that was stopped too early, by a quotient that is off in its last place, loses nothing.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP  = 32;
layout(constant_id = 1) const bool CHOSEN = false;    // ids are places in `chosen`

#include "../params/beam_step.h"
layout(push_constant) uniform Push { BeamStepParams p; };

layout(binding = 0) readonly  buffer Ids      { uint ids[]; };
layout(binding = 1) readonly  buffer Logs     { float log_probabilities[]; };
layout(binding = 2) readonly  buffer Rules    { uint rules[]; };
layout(binding = 3) readonly  buffer Chosen   { uint chosen[]; };
layout(binding = 4)           buffer Tokens   { uint tokens[]; };
layout(binding = 5) writeonly buffer Parents  { uint parents[]; };
layout(binding = 6)           buffer Search   { uint search[]; };
layout(binding = 7) writeonly buffer History  { uint history[]; };

#include "../common/lane_arrays.glsl"
#include "../common/work.glsl"

const uint  NO_TOKEN = 0xffffffffu, NOTHING = 0xff800000u;    // the second: the bits of -infinity
const float LOWERED = -1e9, LIVE = -5e8, LEAST = -3.4028235e38;

// What goes on: those of `cand` that did not end in [0, BEAMS), and from BEAMS on, lowered, those that did.
LANE_ARRAY(float, sums, 2 * BEAMS)
LANE_ARRAY(uint, next_tokens, 2 * BEAMS)
LANE_ARRAY(uint, origins, 2 * BEAMS)    // rank in `cand` << 8 | row
LANE_ARRAY(uint, heads, BEAMS)          // each row's best candidate that is not taken

uint first_row, words;    // of the lane's sentence: in this dispatch, and its place in `search`
uint shift;               // from rows of this dispatch to all rows
uint list;                // the sentence's in `chosen`

uint beams() { return BEAMS == 1u ? 1u : p.beams; }    // 1 is known to the compiler: a greedy step is short

float number(uint word) { return uintBitsToFloat(search[words + word]); }

uint token_of(uint i) {
    const uint id = ids[p.ids_start + i];
    if (!CHOSEN) return id;
    return id < p.chosen ? chosen[list + id] : NO_TOKEN;
}

bool is_end(uint token) {
    for (uint i = 0u; i < p.end_tokens; ++i)
        if (rules[i] == token) return true;
    return false;
}

struct Continuation {
    uint  row;    // BEAMS: there is none
    uint  token;
    float sum;
};

Continuation take_best() {
    Continuation best = Continuation(BEAMS, NO_TOKEN, 0.0);
    for (uint row = 0u; row < beams(); ++row) {
        const float score = number(search_header + row);
        if (!(score > (p.marian != 0u ? LIVE : LEAST))) continue;
        for (; heads[of_lane(row)] < p.candidates; ++heads[of_lane(row)]) {
            const uint  i     = (first_row + row) * p.candidates + heads[of_lane(row)], token = token_of(i);
            const float sum   = score + log_probabilities[p.log_start + i];
            if (token == NO_TOKEN || !(sum >= LEAST)) continue;
            if (best.row == BEAMS || sum > best.sum) best = Continuation(row, token, sum);
            break;
        }
    }
    if (best.row < BEAMS) ++heads[of_lane(best.row)];
    return best;
}

void add_finished(float score) {
    const uint  list  = search_header + beams();
    uint        place = search[words + search_finished];
    if (!(score > LOWERED)) return;
    if (place == beams()) {
        if (!(score > number(list + place - 1u))) return;
        --place;
    } else {
        search[words + search_finished] = place + 1u;
    }
    for (; place > 0u && score > number(list + place - 1u); --place)
        search[words + list + place] = search[words + list + place - 1u];
    search[words + list + place] = floatBitsToUint(score);
}

void put_row(uint row, uint token, uint parent, uint score) {
    tokens[p.tokens_start + first_row + row]   = token;
    parents[p.parents_start + first_row + row] = shift + first_row + parent;
    search[words + search_header + row] = score;

    const uint slot = search[words + search_steps];
    if (slot >= p.slots) return;
    const uint at = p.history_start + ((first_row + row) * p.slots + slot) * (2u * p.candidates + 2u);
    const uint i  = (first_row + row) * p.candidates;
    for (uint c = 0u; c < p.candidates; ++c) {
        history[at + c]                = ids[p.ids_start + i + c];
        history[at + p.candidates + c] = floatBitsToUint(log_probabilities[p.log_start + i + c]);
    }
    history[at + 2u * p.candidates]      = token;
    history[at + 2u * p.candidates + 1u] = shift + first_row + parent;
}

// Whether the best running row may still come before the worst finished one.
bool may_improve(float divisor) {
    const uint  finished = search[words + search_finished];
    const float hopeful  = number(search_hopeful);
    const float best     = number(search_header) / (hopeful > 0.0 ? hopeful : divisor);
    return best > (finished == beams() ? number(search_header + 2u * beams() - 1u) : LOWERED);
}

// The best `beams` of those that go on become the rows. Where everything is banned, and there is no `front`, they stay as
// they are. Gives whether none of them goes on. put_row() is called in one place: drivers compile all that is called in
// place, and this shader is among what the first sentence waits for.
bool put_rows(Continuation front, uint going_on, uint ended) {
    uint on = 0u, over = 0u;
    bool any_live = false;
    for (uint row = 0u; row < beams(); ++row) {
        uint token = front.token, parent = front.row, score = NOTHING;    // too few: the first repeats at -infinity
        if (front.row == BEAMS) {
            token  = tokens[p.tokens_start + first_row + row];
            parent = row;
            score  = search[words + search_header + row];
        } else if (on < going_on || over < ended) {
            bool first = over == ended;
            if (!first && on < going_on) {
                const uint  one = of_lane(on), other = of_lane(BEAMS + over);
                const float a = sums[one], b = sums[other];
                first = a > b || (a == b && origins[one] < origins[other]);
            }
            const uint i = of_lane(first ? on++ : BEAMS + over++);
            token    = next_tokens[i];
            parent   = origins[i] & 255u;
            score    = floatBitsToUint(sums[i]);
            any_live = any_live || sums[i] > LIVE;
            if (row == 0u && p.marian == 0u) front = Continuation(parent, token, sums[i]);
        }
        put_row(row, token, parent, score);
    }
    return !any_live;
}

// True if the sentence stops.
bool take_step() {
    const uint  slot     = min(search[words + search_steps], p.slots - 1u);
    const float divisor  = uintBitsToFloat(rules[p.end_tokens + slot]);
    const bool  at_limit = search[words + search_length] + 1u == search[words + search_max_length];
    const bool  marian   = p.marian != 0u;
    const uint  wanted   = marian ? beams() - search[words + search_finished] : BEAMS == 1u ? 1u : p.candidates;

    for (uint row = 0u; row < beams(); ++row) heads[of_lane(row)] = 0u;
    Continuation front = Continuation(BEAMS, NO_TOKEN, 0.0);
    uint going_on = 0u, ended = 0u;
    bool all_ended = true;
    for (uint rank = 0u; rank < wanted; ++rank) {
        const Continuation one = take_best();
        if (one.row == BEAMS) break;
        if (rank == 0u) front = one;
        const uint origin = rank << 8 | one.row;
        const bool ends   = at_limit || is_end(one.token);
        all_ended = all_ended && ends;
        if (ends && marian) {
            ++search[words + search_finished];
        } else if (ends && BEAMS > 1u) {    // a greedy search has one row, which stops with it
            if (rank < beams()) add_finished(one.sum / divisor);
            if (ended == beams()) continue;
            const uint to   = of_lane(BEAMS + ended++);
            sums[to]        = one.sum + LOWERED;
            next_tokens[to] = one.token;
            origins[to]     = origin;
        } else if (going_on < beams()) {
            const uint to   = of_lane(going_on++);
            sums[to]        = one.sum;
            next_tokens[to] = one.token;
            origins[to]     = origin;
        }
    }
    const bool none_live = put_rows(front, going_on, ended);
    if (marian || BEAMS == 1u) return all_ended;
    const bool full = search[words + search_finished] == beams();
    return none_live || all_ended || (full && p.early_stopping != 0u) || !may_improve(divisor);
}

void main() {
    const uint sentence = group_index() * GROUP + gl_LocalInvocationID.x;
    if (sentence >= p.sentences) return;
    first_row = sentence * beams();
    shift     = p.first * beams();
    list      = p.chosen_start + sentence * p.chosen;
    words     = (1u + p.first + sentence) * (search_header + 2u * beams());

    const bool stops = take_step();
    ++search[words + search_length];
    ++search[words + search_steps];
    if (!stops || search[words + search_stopped] != 0u) return;
    search[words + search_stopped] = 1u;
    atomicAdd(search[0], 0xffffffffu);    // one less that goes on
}
