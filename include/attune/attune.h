/* attune in C: attention models as a guest in somebody else's engine.
 *
 *     attune_device  device;    what attune keeps on a Vulkan device: kernels, pipelines, memory
 *     attune_model   model;     immutable weights and vocabularies; any number of sessions share it
 *     attune_session session;   one stream of work: translations, or runs of a graph of one's own
 *
 * This header needs no vulkan.h; what takes Vulkan handles is in attune_vulkan.h. C89 compilers read it, given
 * <stdint.h> and <stddef.h>.
 *
 * Calls. Every call that can fail returns a status and, where `error` is not null, fills it with a message that says
 * where, what, and what to do about it. Nothing is thrown, printed or aborted. No call that fails changes what the
 * caller gave; handles and counts that it would have returned are null and 0. An object whose call failed stays usable
 * unless the call's comment says otherwise. What a failing call allocated is freed. Besides what a call's comment
 * names, every call may give
 *     ATTUNE_USAGE               a handle that is null, destroyed or of another kind, a struct that is not sound
 *     ATTUNE_OUT_OF_HOST_MEMORY  calls of which the comment says that they allocate main memory
 *     ATTUNE_DEVICE_LOST         calls that use the device; from then on at once, and they touch it no more
 *
 * Handles. A handle belongs to whom made it, who destroys it once; null is legal there. A device lives on inside until
 * its models and sessions are destroyed, a model until its sessions are: destroy them in any order. Destroying never
 * waits: commands that use a session's or a model's memory have to have finished, or never be submitted. A handle that
 * was destroyed is refused where that can be told, which is not always: do not rely on it.
 *
 * Structs begin with ATTUNE_HEAD: `size` is sizeof the struct as the caller knows it, `type` one of attune_struct_type,
 * `next` null or another struct of a type that the call's comment names. A struct smaller than the library's: what is
 * missing is zero. A larger one is accepted if what the library does not know is zero; of one that the library
 * fills, that is set to zero. An unknown type in a chain is refused, not skipped. Zero means the default everywhere, so
 * memset or {0} and the head make a valid struct; ATTUNE_INIT(variable, TYPE) writes the head. Arrays of such structs
 * step by the first element's size. New fields come at the end, never into gaps; structs without a head never change.
 * What a struct points at is copied, or used during the call alone, unless its comment says otherwise.
 *
 * Threads. "Any thread": from any number of threads at once. "The session's thread": one thread at a time for one
 * session; different sessions do not disturb each other. attune starts no thread. Destroying a handle while another
 * thread uses it is a mistake.
 *
 * Texts are UTF-8 with an explicit length in bytes, without a terminating 0 unless said otherwise. Calls that fill a
 * caller's buffer take `*count`: in, its room; out, what there is. Too little room: ATTUNE_TOO_SMALL, nothing is written
 * or consumed, *count says how much is needed. A null buffer asks for that alone, and returns ATTUNE_OK.
 */
#ifndef ATTUNE_H
#define ATTUNE_H

#include <stddef.h>
#include <stdint.h>

#ifndef ATTUNE_API
#if defined(ATTUNE_SHARED) && defined(_WIN32)
#define ATTUNE_API __declspec(dllimport)
#elif defined(__GNUC__) && !defined(_WIN32)
#define ATTUNE_API __attribute__((visibility("default")))
#else
#define ATTUNE_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct attune_device_t  *attune_device;
typedef struct attune_model_t   *attune_model;
typedef struct attune_session_t *attune_session;
typedef struct attune_graph_t   *attune_graph;

typedef int32_t attune_status;
enum {
    ATTUNE_OK                   = 0,
    ATTUNE_BAD_INPUT            = 1,  /* a file, text, graph or number is not what it has to be */
    ATTUNE_USAGE                = 2,  /* calls, structs or handles that make no sense: a mistake of the program */
    ATTUNE_NO_DEVICE            = 3,  /* no Vulkan, or no device of that name */
    ATTUNE_DEVICE_FAILED        = 4,  /* a Vulkan call failed: once more may do */
    ATTUNE_DEVICE_LOST          = 5,  /* sticky: destroy, or attune_device_rebuild() */
    ATTUNE_OUT_OF_HOST_MEMORY   = 6,
    ATTUNE_OUT_OF_DEVICE_MEMORY = 7,  /* of the device, its cap, or what the host gave */
    ATTUNE_CANCELLED            = 8,
    ATTUNE_BUSY                 = 9,  /* that slot is still in use: retire its frame first; nothing was recorded */
    ATTUNE_TOO_SMALL            = 10, /* a buffer of the caller's; see above */
    ATTUNE_NOT_READY            = 11, /* pipelines are missing and ATTUNE_NEVER_COMPILE was given */
    ATTUNE_NOTHING              = 12  /* there is nothing to do, or to pull yet */
};

#define ATTUNE_HEAD uint32_t size, type; const void *next
#define ATTUNE_INIT(variable, struct_type) \
    ((variable).size = (uint32_t)sizeof(variable), (variable).type = (struct_type), (variable).next = NULL)

enum attune_struct_type {
    ATTUNE_TYPE_ERROR = 1, ATTUNE_TYPE_OPEN, ATTUNE_TYPE_IMPORT, ATTUNE_TYPE_QUEUE, ATTUNE_TYPE_HOOKS,
    ATTUNE_TYPE_OVERRIDES, ATTUNE_TYPE_NEEDS, ATTUNE_TYPE_NEED, ATTUNE_TYPE_ADDED, ATTUNE_TYPE_HOST_MEMORY,
    ATTUNE_TYPE_MEMORY_NEEDS, ATTUNE_TYPE_MEMORY_USE, ATTUNE_TYPE_BLOCK, ATTUNE_TYPE_SOURCE, ATTUNE_TYPE_FILE,
    ATTUNE_TYPE_MODEL_OPTIONS, ATTUNE_TYPE_OPTIONS, ATTUNE_TYPE_SHAPES, ATTUNE_TYPE_BUDGET, ATTUNE_TYPE_PROGRESS,
    ATTUNE_TYPE_TARGET, ATTUNE_TYPE_SPAN, ATTUNE_TYPE_BATCH, ATTUNE_TYPE_WAIT, ATTUNE_TYPE_COMMAND,
    ATTUNE_TYPE_TENSOR, ATTUNE_TYPE_NODE
};

/* Why a call failed: "[where] what; hint", ended by 0, cut at a character's boundary if it is longer. Written by every
 * call that is given one, success included: ATTUNE_OK and an empty message. A call that is given one without a sound head,
 * or of less than 24 bytes, does nothing and returns ATTUNE_USAGE. */
typedef struct attune_error {
    ATTUNE_HEAD;
    attune_status status;
    char          message[1004];
} attune_error;

/* 0xMMmmpp00: major, minor, patch of the library that is loaded. Any thread. */
ATTUNE_API uint32_t attune_version(void);
/* "ATTUNE_OK", ...; "unknown status" for other numbers. Static storage. Any thread. */
ATTUNE_API const char *attune_status_string(attune_status status);

/* ---- devices -------------------------------------------------------------------------------------------------- */

/* A device that attune makes by itself: for programs that have none. */
typedef struct attune_open {
    ATTUNE_HEAD;
    const char *select; /* a part of its name, or its number; ended by 0; null or empty: the best one */
} attune_open;

/* Loads the system's Vulkan loader, makes an instance and a device with one queue, and imports them as
 * attune_device_import() does (attune_vulkan.h). `open` null: the best device. Any thread. Costly: drivers are loaded.
 * Allocates main memory. ATTUNE_NO_DEVICE, which names what there is; ATTUNE_DEVICE_FAILED. */
ATTUNE_API attune_status attune_device_open(const attune_open *open, attune_device *device, attune_error *error);

/* Ends the handle; the device's objects end with the last of its models and sessions. A host's VkDevice has to live
 * until then. */
ATTUNE_API void attune_device_destroy(attune_device device);

/* Makes one pipeline of those that attune_prepare() asked for, on the calling thread; *left: how many remain. Any thread,
 * several at once: each makes another one. Costly: the driver compiles, some ms to some 100 ms. Allocates main memory.
 * ATTUNE_NOTHING if none is left; ATTUNE_DEVICE_FAILED, ATTUNE_OUT_OF_DEVICE_MEMORY: that pipeline stays to be made. */
ATTUNE_API attune_status attune_compile_next(attune_device device, uint32_t *left, attune_error *error);

/* What the driver compiled so far, behind a header of attune's with a hash of it and the device's and driver's identity.
 * Fills a buffer of *count bytes. Any thread. Costs a copy of it. */
ATTUNE_API attune_status attune_cache_export(attune_device device, void *bytes, size_t *count, attune_error *error);
/* Takes what an earlier attune_cache_export() gave. The header and the hash are verified before the driver sees a byte:
 * ATTUNE_BAD_INPUT for one that was changed, cut, or made on another device or driver; nothing is taken from it, and the
 * device works as if it had not been given. Any thread. Allocates main memory. */
ATTUNE_API attune_status attune_cache_import(attune_device device, const void *bytes, size_t count, attune_error *error);

/* What kernels have shown on the device so far: attune's optional ones are used on a device that attune_device_open() made
 * only after they have computed small cases right there, and a wrong one is replaced; attune_device_report() says by what.
 * As attune_cache_export(). */
ATTUNE_API attune_status attune_verdicts_export(attune_device device, void *bytes, size_t *count, attune_error *error);
/* Takes what an earlier attune_verdicts_export() gave, before models are opened: what was right is not tried again, which
 * saves some 10 ms a kernel, and what was refused stays so, on imported devices too. ATTUNE_BAD_INPUT, having changed
 * nothing, for bytes that were changed, cut, or of another device, driver or version of attune: then all is tried anew.
 * Any thread. Allocates main memory. */
ATTUNE_API attune_status attune_verdicts_import(attune_device device, const void *bytes, size_t count,
                                                attune_error *error);

/* The numbers by which the device's kernels share out their work, as attune's table has them or attune_tuning_import() set
 * them. As attune_cache_export(). */
ATTUNE_API attune_status attune_tuning_export(attune_device device, void *bytes, size_t *count, attune_error *error);
/* Takes what attune_tuning_export() or `attune tune` gave, for sessions that are prepared from now on. It chooses how soon
 * a result is there, and no bit of it. Fails as attune_verdicts_import(): then the table's numbers stay. Any thread.
 * Allocates main memory. */
ATTUNE_API attune_status attune_tuning_import(attune_device device, const void *bytes, size_t count, attune_error *error);

/* Sets the cap of device memory to `cap` bytes, which may be more than before; what the host gave does not count. Any
 * thread. ATTUNE_OUT_OF_DEVICE_MEMORY if more is in use, saying how much more: nothing is taken away, and nothing
 * allocated until sessions and models have ended. */
ATTUNE_API attune_status attune_trim(attune_device device, uint64_t cap, attune_error *error);

enum attune_memory_class {
    ATTUNE_MEMORY_WEIGHTS  = 0, /* device; lives as long as the model */
    ATTUNE_MEMORY_STATE    = 1, /* device; caches and inputs: lives as long as the session */
    ATTUNE_MEMORY_SCRATCH  = 2, /* device; need not survive between model steps: the host may alias it */
    ATTUNE_MEMORY_UPLOAD   = 3, /* written by the host */
    ATTUNE_MEMORY_READBACK = 4  /* read by the host */
};

typedef struct attune_memory_use {
    ATTUNE_HEAD;
    uint64_t used, peak; /* bytes allocated now, and the most so far */
} attune_memory_use;
/* Of one class (attune_memory_class). Any thread. Allocates nothing. */
ATTUNE_API attune_status attune_memory_used(attune_device device, uint32_t memory_class, attune_memory_use *use,
                                            attune_error *error);

/* JSON for people and logs: versions, device and its limits in use, memory, Vulkan objects made so far; members are
 * added over time. Fills a buffer of *count bytes. Any thread. Allocates main memory. */
ATTUNE_API attune_status attune_device_report(attune_device device, char *json, size_t *count, attune_error *error);

/* ---- models --------------------------------------------------------------------------------------------------- */

/* One file of a model folder: in memory that stays until the model is destroyed, or read piece by piece by `read`,
 * which fills `bytes` with `count` bytes from `offset` on and returns 0, or anything else to stop. `read` is called by the
 * thread that calls attune_model_open(), attune_model_load() or attune_device_rebuild(), under no lock, and must not call
 * attune for this model. */
typedef struct attune_file {
    ATTUNE_HEAD;
    const char *name;  /* as in the folder: "config.json"; ended by 0 */
    const void *bytes; /* null: `read` gives them */
    uint64_t    count;
    int32_t (*read)(void *user, uint64_t offset, void *bytes, uint64_t count);
    void *user;
} attune_file;

/* A folder of Hugging Face or Marian (Firefox) files: by path, or its files one by one. */
typedef struct attune_source {
    ATTUNE_HEAD;
    const char        *folder; /* UTF-8, ended by 0; null: files */
    const attune_file *files;
    uint32_t           file_count;
    uint32_t           reserved; /* 0 */
} attune_source;

enum attune_precision { ATTUNE_F32 = 0, ATTUNE_F16 = 1, ATTUNE_INT8 = 2 };
enum attune_model_flags {
    ATTUNE_LOAD_LATER = 1, /* attune_model_open() checks the files; attune_model_load() uploads them piece by piece */
    ATTUNE_SHORTLIST  = 2  /* choose words by the model's lexical shortlist */
};
/* How weights are stored, and how much is translated together at most; 0: 2,048 source tokens, and 64 rows. */
typedef struct attune_model_options {
    ATTUNE_HEAD;
    uint32_t precision; /* attune_precision */
    uint32_t flags;     /* attune_model_flags */
    uint32_t batch_tokens, batch_rows; /* source tokens; sentences times beams */
} attune_model_options;

/* Reads the files, checks them and uploads the weights, waiting for the device; with ATTUNE_LOAD_LATER no upload, and
 * translating is ATTUNE_USAGE until it is done. Any thread. Costly: seconds for a large model. Allocates main memory
 * (the largest tensor twice) and device memory of the class weights. ATTUNE_BAD_INPUT, naming the file and the reason;
 * ATTUNE_OUT_OF_DEVICE_MEMORY, before anything is uploaded. `options` null: the defaults. */
ATTUNE_API attune_status attune_model_open(attune_device device, const attune_source *source,
                                           const attune_model_options *options, attune_model *model,
                                           attune_error *error);
ATTUNE_API void          attune_model_destroy(attune_model model);
/* The next unit of attune_model_load() gives the loading up, with ATTUNE_CANCELLED; a later attune_model_load() goes
 * on. Any thread; returns at once. */
ATTUNE_API void attune_model_cancel(attune_model model);

/* ---- sessions ------------------------------------------------------------------------------------------------- */

/* How much a call may do. Zero: no limit of that kind. At least one unit is done. */
typedef struct attune_budget {
    ATTUNE_HEAD;
    uint64_t gpu_us;     /* stated cost of the commands, microseconds of the device */
    uint64_t cpu_us;     /* time spent in the call */
    uint64_t dispatches; /* units */
    uint64_t bytes;      /* attune_model_load(): uploaded */
} attune_budget;

enum attune_state {
    ATTUNE_IDLE     = 0, /* nothing to do */
    ATTUNE_RECORDED = 1, /* commands were recorded, or submitted */
    ATTUNE_WAITING  = 2, /* what comes next depends on commands that have not been retired, or have not finished */
    ATTUNE_DONE     = 3  /* attune_model_load(): all is there */
};
typedef struct attune_progress {
    ATTUNE_HEAD;
    uint64_t state;      /* attune_state */
    uint64_t done, left; /* units of this call; units known to follow (of the model step that is being recorded) */
    uint64_t bytes;      /* attune_model_load(): uploaded so far */
    uint64_t gpu_us;     /* stated cost of what this call recorded */
    uint64_t next_us;    /* stated cost of the unit that follows, at least 1; 0: none is known to follow */
} attune_progress;

enum attune_session_flags {
    ATTUNE_NEVER_COMPILE = 1 /* step and record answer ATTUNE_NOT_READY rather than make a pipeline */
};
/* How a session searches; zero: as the model's files say. */
typedef struct attune_options {
    ATTUNE_HEAD;
    const char *target_language; /* "de"; ended by 0, or null */
    uint32_t    beam_size;       /* 1: greedy; at most 32 */
    uint32_t    max_length;      /* new tokens, end included */
    uint32_t    slots;           /* frames in flight, 1 to 8; 0: 3 */
    uint32_t    flags;           /* attune_session_flags */
} attune_options;

/* A session that translates. `options` null: the defaults. Any thread. Allocates little main memory; device memory of the
 * classes state and scratch comes with the first step, or attune_prepare(). ATTUNE_USAGE for a beam size or length that
 * cannot be; a language that the model does not have is told by attune_push(). */
ATTUNE_API attune_status attune_session_create(attune_model model, const attune_options *options,
                                               attune_session *session, attune_error *error);
ATTUNE_API void          attune_session_destroy(attune_session session);

/* The largest work that will come. */
typedef struct attune_shapes {
    ATTUNE_HEAD;
    uint32_t source_tokens; /* of all lines of a batch together */
    uint32_t lines;         /* translated together */
} attune_shapes;
/* Makes plans, memory and the list of pipelines for work of at most these shapes, so that recording allocates, creates,
 * maps and locks nothing afterwards; the pipelines are made by attune_compile_next(), or here if nobody did. Of a graph:
 * its plan, memory and pipelines; `shapes` is null. The session's thread. Costly. Allocates main and device memory.
 * ATTUNE_OUT_OF_DEVICE_MEMORY; ATTUNE_BAD_INPUT if the device cannot run the graph. */
ATTUNE_API attune_status attune_prepare(attune_session session, const attune_shapes *shapes, attune_error *error);

/* Queues a line, or the token ids of a source sentence (end token included). Lines that are queued when a batch begins
 * are translated together. The session's thread. Costs the tokenizer; allocates main memory. ATTUNE_USAGE for a session
 * of a graph; ATTUNE_BAD_INPUT for a target language that the model, and ids that the vocabulary does not have. */
ATTUNE_API attune_status attune_push(attune_session session, const char *text, size_t count, attune_error *error);
ATTUNE_API attune_status attune_push_tokens(attune_session session, const uint32_t *tokens, size_t count,
                                            attune_error *error);
/* The next translation, in the order of the lines, as text or as token ids (end token included): each is pulled once, by
 * one of the two. ATTUNE_NOTHING while it is not ready. The session's thread. Allocates main memory. */
ATTUNE_API attune_status attune_pull(attune_session session, char *text, size_t *count, attune_error *error);
ATTUNE_API attune_status attune_pull_tokens(attune_session session, uint32_t *tokens, size_t *count,
                                            attune_error *error);
/* What the line that attune_pull() gives next reads so far; ATTUNE_OK and 0 bytes before its first token, and where nothing
 * is queued. The session's thread. Allocates main memory. */
ATTUNE_API attune_status attune_so_far(attune_session session, char *text, size_t *count, attune_error *error);

/* Submits and waits until there is nothing left to do: all lines, or one run of the graph. On the calling thread, which is
 * the session's; holds the queue's lock around each submission alone. ATTUNE_USAGE if frames that were recorded have not
 * been retired; ATTUNE_CANCELLED after attune_cancel(). Allocates as attune_prepare(). */
ATTUNE_API attune_status attune_finish(attune_session session, attune_error *error);

/* Learns which of the submissions that attune made have finished, never waits, and says where the session is: ATTUNE_WAITING
 * until what comes next can be recorded; then, of a session that translates, ATTUNE_RECORDED; and ATTUNE_IDLE where nothing is
 * left to do. The only call from which attune reads what the device gave, besides attune_retire() and attune_finish(). The
 * session's thread. */
ATTUNE_API attune_status attune_poll(attune_session session, attune_progress *progress, attune_error *error);
/* The GPU has finished what was recorded for `frame` and all frames before it. Chooses the next tokens where that was what
 * they waited for: costs main memory and the host's time, some 10 us. Frames that are retired already, or for which nothing
 * was recorded, are legal. The session's thread. */
ATTUNE_API attune_status attune_retire(attune_session session, uint64_t frame, attune_error *error);
/* Forgets all lines, or the graph's run, before the session's next unit or call. Commands that were recorded may still be
 * submitted, or not. A call of attune_finish() on another thread returns ATTUNE_CANCELLED. The session stays usable. Any
 * thread; returns at once. */
ATTUNE_API void attune_cancel(attune_session session);

/* ---- graphs of one's own -------------------------------------------------------------------------------------- */

enum attune_element { ATTUNE_TENSOR_F32 = 0, ATTUNE_TENSOR_F16 = 1, ATTUNE_TENSOR_U32 = 2, ATTUNE_TENSOR_I32 = 3 };
enum attune_kind {
    ATTUNE_KIND_INPUT   = 0, /* set or bound before a run, unchanged by it */
    ATTUNE_KIND_WEIGHT  = 1, /* the same for every run */
    ATTUNE_KIND_STATE   = 2, /* lives across runs; ops write it in place; zeros at first */
    ATTUNE_KIND_CONTROL = 3  /* a few bytes that the host sets before every run: tokens, lengths */
};
enum attune_tensor_flags { ATTUNE_EXACT = 1 /* a state that keeps its type in every precision */ };

/* A tensor with a name, row-major, its last axis contiguous. */
typedef struct attune_tensor {
    ATTUNE_HEAD;
    const char *name;          /* ended by 0 */
    uint32_t    kind, element; /* attune_kind, attune_element */
    uint32_t    rank;          /* 1 to 4 */
    uint32_t    flags;         /* attune_tensor_flags */
    uint64_t    shape[4];      /* outermost axis first; 0 beyond `rank` */
    const void *data;          /* weights: their numbers, copied; else null */
} attune_tensor;

/* An option of an op. Never changes. Flags are 0 or 1. */
typedef struct attune_attribute {
    const char *name; /* ended by 0 */
    double      value;
} attune_attribute;

#define ATTUNE_ABSENT 0xffffffffu
/* One op: operands in the order below, trailing optional ones may be left out. What they compute, their shapes and types:
 * attune/ops.hpp.
 *
 *   op                 operands (?: optional)                              attributes              -> values
 *   linear             x weight bias? residual?                            activation type
 *   linear_chosen      x weight chosen bias?
 *   add                a b
 *   activate           x                                                   activation
 *   layer_norm         x gain bias residual?                               epsilon
 *   softmax            x
 *   split_heads        x                                                   heads
 *   merge_heads        x
 *   attention          query key value lengths? blocks? ancestors?         heads key_value_heads scale causal
 *                      query_position lengths_offset block_rows typical_keys keys_per_query type
 *   attention_staged   as attention                                        as attention            -> output, weights
 *   attention_scores   query key lengths? blocks? ancestors?               as attention
 *   attention_values   weights value lengths? blocks? ancestors?           as attention, rows batch queries
 *   kv_append          key_cache value_cache key value position                                    -> key, value
 *   store              memory x
 *   embedding          ids table positions? position_table?                scale beyond
 *   top_k              logits banned?                                      k in_normaliser widest  -> ids, log_probabilities
 *   reorder_ancestors  ancestors parents position                          beams
 *   ssru               cell forget candidate parents? position?            beams type              -> output, cell
 *   keep_rows          memory indices                                      renumber
 *   advance            position                                            step
 *   columns            x                                                   column width
 *
 *   activation 0 none, 1 relu, 2 gelu, 3 gelu_tanh, 4 silu      type: attune_element, F32 or F16
 *   beyond 0 last_row, 1 zero      in_normaliser 0 counted, 1 left_out
 */
typedef struct attune_node {
    ATTUNE_HEAD;
    const char             *op;         /* ended by 0 */
    const uint32_t         *inputs;     /* values, or ATTUNE_ABSENT */
    const attune_attribute *attributes; /* what is not named has its default */
    uint32_t                input_count;
    uint32_t                attribute_count;
} attune_node;

/* A graph is built by one thread at a time; it needs no device. All of these allocate main memory, and copy what they are
 * given. ATTUNE_BAD_INPUT for shapes and types that do not fit, naming op and operand; ATTUNE_USAGE for a name of an op or
 * attribute that there is not, and for a value that is not of this graph. */
ATTUNE_API attune_status attune_graph_create(attune_graph *graph, attune_error *error);
ATTUNE_API void          attune_graph_destroy(attune_graph graph);
/* *value: what nodes name it by. The same name again gives the same value, of a state the newest. */
ATTUNE_API attune_status attune_graph_tensor(attune_graph graph, const attune_tensor *tensor, uint32_t *value,
                                             attune_error *error);
/* Fills values[0 .. value_count), which has to be the number of values that the op gives, or more: the rest is
 * ATTUNE_ABSENT. */
ATTUNE_API attune_status attune_graph_node(attune_graph graph, const attune_node *node, uint32_t *values,
                                           uint32_t value_count, attune_error *error);
/* Gives a result its name, for attune_bind() and attune_get(). */
ATTUNE_API attune_status attune_graph_output(attune_graph graph, const char *name, uint32_t value,
                                             attune_error *error);
/* A session that runs the graph as it is now; the graph may go on or be destroyed. Uploads its weights, waiting for the
 * device. `options` may be null; its `next` may be an attune_model_options, of which the precision counts. Any thread.
 * Allocates main memory and device memory of the class weights; the rest comes with attune_prepare(), or the first run.
 * Its weights stay in main memory too, once for all sessions and the graph, for attune_device_rebuild(). */
ATTUNE_API attune_status attune_graph_session(attune_device device, attune_graph graph, const attune_options *options,
                                              attune_session *session, attune_error *error);
/* Sets an input, control or state by name, for runs that begin later; copies `bytes` bytes, which have to be all of it.
 * The session's thread. ATTUNE_USAGE for a name that the graph does not have. Allocates main memory. */
ATTUNE_API attune_status attune_set(attune_session session, const char *name, const void *data, size_t bytes,
                                    attune_error *error);
/* Reads an output or state of the last run, which has to be retired: ATTUNE_BUSY if it is not. What is bound to a buffer of
 * the host's is there and nowhere else: ATTUNE_USAGE. Fills a buffer of *bytes bytes. The session's thread. Copies a state
 * from the device by a submission of its own, and waits for it; an output was copied by the run. */
ATTUNE_API attune_status attune_get(attune_session session, const char *name, void *data, size_t *bytes,
                                    attune_error *error);

#ifdef __cplusplus
}
#endif
#endif
