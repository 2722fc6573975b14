/* attune within somebody else's Vulkan: what takes handles. vulkan.h may come before this header, after it, or not at
 * all: handles appear by their struct tags, which is what vulkan.h makes of them on 64-bit targets, and enums and flags as
 * the integers that they are. Calls, structs, threads and texts: attune.h.
 *
 * attune needs Vulkan 1.1 and a queue that computes; no extension, no feature.
 */
#ifndef ATTUNE_VULKAN_H
#define ATTUNE_VULKAN_H

#include <attune/attune.h>

#ifdef __cplusplus
extern "C" {
#endif

struct VkInstance_T;
struct VkPhysicalDevice_T;
struct VkDevice_T;
struct VkQueue_T;
struct VkCommandBuffer_T;
struct VkPhysicalDeviceFeatures2;
struct VkSubmitInfo;
struct VkFence_T;
struct VkSemaphore_T;
struct VkBuffer_T;
struct VkDeviceMemory_T;
struct VkPipelineCache_T;

typedef void (*attune_void_function)(void);
/* vkGetInstanceProcAddr. Device functions are looked up through it, and through vkGetDeviceProcAddr, during the call that
 * it is given to; it is not kept. */
typedef attune_void_function (*attune_get_instance_proc)(struct VkInstance_T *instance, const char *name);

/* ---- before vkCreateDevice ------------------------------------------------------------------------------------ */

enum attune_need_kind { ATTUNE_NEED_VERSION = 0, ATTUNE_NEED_QUEUE = 1, ATTUNE_NEED_EXTENSION = 2, ATTUNE_NEED_FEATURE = 3 };
enum attune_profile {
    ATTUNE_PROFILE_FULL     = 0, /* everything that attune has a use for */
    ATTUNE_PROFILE_BASELINE = 1  /* what it cannot do without */
};

/* The device that is to be made. */
typedef struct attune_needs {
    ATTUNE_HEAD;
    attune_get_instance_proc    get_instance_proc;
    struct VkInstance_T        *instance;
    struct VkPhysicalDevice_T  *physical;
    uint32_t                    api_version; /* of the host's VkApplicationInfo; 0: 1.1 */
    uint32_t                    profile;     /* attune_profile */
} attune_needs;

/* One thing that attune requires, or can use. */
typedef struct attune_need {
    ATTUNE_HEAD;
    uint32_t    kind;           /* attune_need_kind */
    uint32_t    required;       /* 1: without it the import is refused */
    uint32_t    supported;      /* 1: this device has it */
    uint32_t    reserved;
    const char *name;           /* of the extension or the feature's member; static storage, as all strings here */
    const char *feature_struct; /* "VkPhysicalDeviceTimelineSemaphoreFeatures", or null */
    const char *gain;           /* what attune does better with it */
} attune_need;

/* What merging added to a host's chain and extension list; owned by attune until attune_requirements_release(). */
typedef struct attune_added {
    ATTUNE_HEAD;
    const char *const *extensions; /* out: names that the host has to enable, besides its own */
    uint32_t           extension_count;
    uint32_t           enabled_count;
    const char *const *enabled;    /* in: names that the host enables already */
    void              *owned;      /* null before; attune's own */
} attune_added;

/* Fills a list of *count structs, of which the first has its head set: the others get theirs. Any thread. Makes nothing;
 * asks the physical device for what it supports. Allocates main memory. */
ATTUNE_API attune_status attune_requirements(const attune_needs *needs, attune_need *list, uint32_t *count,
                                             attune_error *error);
/* Adds what the device supports to the host's chain of features, which begins with `features`: sets bits in structs that
 * are there (an aggregate, such as Vulkan 1.2's, counts for what it holds) and hangs structs of attune's behind its end for
 * the others; clears nothing. Any thread for different chains. Allocates main memory. */
ATTUNE_API attune_status attune_requirements_merge(const attune_needs *needs, struct VkPhysicalDeviceFeatures2 *features,
                                                   attune_added *added, attune_error *error);
/* After vkCreateDevice: takes attune's structs out of the chain again and frees them; bits that it set stay. Null, and what
 * merging never filled, are legal. */
ATTUNE_API void attune_requirements_release(attune_added *added);

/* ---- import --------------------------------------------------------------------------------------------------- */

enum attune_role { ATTUNE_ROLE_COMPUTE = 1 };
/* A queue that attune may submit to, or for whose family it records. */
typedef struct attune_queue {
    ATTUNE_HEAD;
    struct VkQueue_T *queue;
    uint32_t          family, index;
    uint32_t          flags; /* VkDeviceQueueCreateFlags that the host made it with */
    uint32_t          roles; /* attune_role; 0: all */
} attune_queue;

/* Called by threads that call attune. They must not call attune for the same session or device, nor throw. Any may be null. */
typedef struct attune_hooks {
    ATTUNE_HEAD;
    void *user;
    /* Around each submission and nothing else; never held while attune waits or calls the host. */
    void (*lock)(void *user, uint32_t family, uint32_t index);
    void (*unlock)(void *user, uint32_t family, uint32_t index);
    /* Instead of lock, vkQueueSubmit and unlock: one submission, now or later in the order of the calls; a VkResult. */
    int32_t (*submit)(void *user, struct VkQueue_T *queue, const struct VkSubmitInfo *info, struct VkFence_T *fence);
    /* level 1 error, 2 warning, 3 info; text ends with 0 and lives until the call returns. */
    void (*log)(void *user, uint32_t level, const char *text);
} attune_hooks;

/* What attune asks a host's allocator for. Never changes. */
typedef struct attune_memory_request {
    uint32_t memory_class; /* attune_memory_class */
    uint32_t type_bits;    /* memory types that serve */
    uint64_t bytes, alignment;
    uint32_t mapped;       /* 1: `mapped` of the block has to be set, of a host-coherent type */
    uint32_t reserved;
} attune_memory_request;
/* What it gives. Never changes. */
typedef struct attune_memory_block {
    struct VkDeviceMemory_T *memory;
    uint64_t                 offset;
    void                    *mapped; /* of the block's first byte, or null */
    void                    *user;   /* given back to free() */
} attune_memory_block;
/* A host that allocates attune's memory itself. The functions are called from any thread that calls attune, from several at
 * once, while attune holds no lock. */
typedef struct attune_host_memory {
    ATTUNE_HEAD;
    void *user;
    int32_t (*allocate)(void *user, const attune_memory_request *request, attune_memory_block *block); /* 0: done */
    void (*free)(void *user, const attune_memory_block *block);
    uint32_t given_only; /* 1: no callbacks; attune_memory_give() has to give everything */
    uint32_t reserved;   /* 0 */
} attune_host_memory;

enum attune_treat { ATTUNE_AS_IT_IS = 0, ATTUNE_AS_CPU = 1, ATTUNE_AS_GPU = 2 };
/* Lowers what a device reports; 0 leaves a value as it is. */
typedef struct attune_overrides {
    ATTUNE_HEAD;
    uint32_t max_invocations, max_groups, shared_memory; /* of a workgroup; along x; bytes of a workgroup */
    uint32_t offset_alignment;                           /* raises it; a power of two */
    uint64_t max_binding, max_allocation;                /* bytes */
    uint64_t device_memory;                              /* bytes that attune may allocate on the device in all */
    uint32_t no_subgroups;                               /* 1: as if lanes knew nothing of each other */
    uint32_t treat;                                      /* attune_treat: which family of kernels to use */
} attune_overrides;

/* The host's device. Handles have to live until the device and all its models and sessions are destroyed. */
typedef struct attune_import {
    ATTUNE_HEAD;
    attune_get_instance_proc         get_instance_proc;
    struct VkInstance_T             *instance;
    struct VkPhysicalDevice_T       *physical;
    struct VkDevice_T               *device;
    const char *const               *extensions; /* enabled on the device; each ended by 0 */
    uint32_t                         extension_count;
    uint32_t                         api_version; /* of the host's VkApplicationInfo; 0: 1.1 */
    const struct VkPhysicalDeviceFeatures2 *features; /* enabled on the device; null: unknown, the floor is used */
    const attune_queue              *queues;
    uint32_t                         queue_count; /* at least 1; the first whose roles include compute is used */
    uint32_t                         reserved;    /* 0 */
    const attune_hooks              *hooks;       /* or null */
    const attune_overrides          *overrides;   /* or null */
    const attune_host_memory        *memory;      /* or null: attune allocates, and the device's cap holds */
    struct VkPipelineCache_T        *cache;       /* the host's, to compile with; or null: one of attune's own */
} attune_import;

/* Uses a device that the host made. attune never creates, destroys or fetches instance, device or queue, and never waits
 * for idle. Any thread. Looks up entry points, of which every one is checked: ATTUNE_USAGE naming one that is missing.
 * Allocates main memory; device memory comes with models and sessions. ATTUNE_NO_DEVICE if it cannot run attune. */
ATTUNE_API attune_status attune_device_import(const attune_import *import, attune_device *device, attune_error *error);
/* After a loss: the same handle on a new device. Models upload again from their source, at once or by attune_model_load(),
 * as they were opened. Sessions begin anew the lines that they have not given. Those of graphs have their weights; what was
 * set or bound has to be again, and states are zeros. Frames that were recorded before are over; the host may number new ones
 * as it likes. No other call for the device, its models and sessions may be running. Costs as opening them. Afterwards
 * nothing uses the old device, which may end; if it fails, nothing uses the new one, and the device is lost as before. */
ATTUNE_API attune_status attune_device_rebuild(attune_device device, const attune_import *import, attune_error *error);

typedef struct attune_memory_needs {
    ATTUNE_HEAD;
    uint64_t bytes, alignment;
    uint32_t type_bits; /* memory types that serve */
    uint32_t mapped;    /* 1: has to be mapped by the host, of a host-coherent type */
} attune_memory_needs;
/* What a block of `bytes` of a class has to be like. Any thread. Allocates nothing. */
ATTUNE_API attune_status attune_memory_query(attune_device device, uint32_t memory_class, uint64_t bytes,
                                             attune_memory_needs *needs, attune_error *error);
/* A part of a buffer of the host's, made for storage and as source and destination of transfers, that attune may use as it
 * likes until the device has ended. */
typedef struct attune_block {
    ATTUNE_HEAD;
    struct VkBuffer_T *buffer;
    uint64_t           offset, bytes;
    void              *mapped; /* of the part's first byte: for the classes upload and readback */
} attune_block;
/* Any thread. ATTUNE_USAGE for a part that is not aligned, or not mapped where it has to be. */
ATTUNE_API attune_status attune_memory_give(attune_device device, uint32_t memory_class, const attune_block *block,
                                            attune_error *error);

/* ---- work ----------------------------------------------------------------------------------------------------- */

/* VkPipelineStageFlags and VkAccessFlags; 0: nothing that a barrier has to wait for, or the host's own barriers see to it.
 * Never changes. */
typedef struct attune_use { uint32_t stages, accesses; } attune_use;

/* A named input, state or output of a graph in the host's buffer, which was made with storage buffer usage, is bound to
 * memory, belongs to the session's device and lives as long as commands that use it. attune never maps, frees or copies it,
 * reads nothing outside the part and writes outputs and states alone. */
typedef struct attune_span {
    ATTUNE_HEAD;
    const char        *name;          /* ended by 0 */
    struct VkBuffer_T *buffer;        /* null: back to attune */
    uint64_t           offset, bytes; /* the offset a multiple of the device's; the tensor's bytes, in whole 4 bytes, at least */
    attune_use         before;        /* the host's last use before the commands that are recorded */
    attune_use         after;         /* the host's first use after them */
} attune_span;
/* From the next run on. Bind before attune_prepare(), and nothing is allocated for it. The session's thread. That a part is
 * too small the next prepare, step or record finds. Allocates little main memory. */
ATTUNE_API attune_status attune_bind(attune_session session, const attune_span *span, attune_error *error);

/* Where commands go. */
typedef struct attune_target {
    ATTUNE_HEAD;
    struct VkCommandBuffer_T *commands; /* recording, outside a render pass; null: one of attune's own, which it submits */
    uint64_t frame;                     /* below 2^63, never decreases; attune_retire() names it */
    uint32_t slot;                      /* of the frames in flight, 0 to options.slots - 1; one frame's calls name one */
    uint32_t reserved;                  /* 0 */
} attune_target;

/* Uploads weights of a model that was opened with ATTUNE_LOAD_LATER, as many as the budget's bytes allow; null target, or one
 * without commands: by submissions of attune's own. Null budget: all. One thread at a time for a model. `progress` may be null
 * here and below. ATTUNE_CANCELLED after attune_model_cancel(). */
ATTUNE_API attune_status attune_model_load(attune_model model, const attune_target *target, const attune_budget *budget,
                                           attune_progress *progress, attune_error *error);

/* Records the units that fit the budget, one at least, and none beyond the end of a model step or a run of the graph. Leaves
 * compute pipeline, descriptor set 0 and push constants of the command buffer changed. Recordings are submitted once each, in
 * their order; one that is not is to be cancelled by attune_cancel(). How it is cut changes no bit.
 * ATTUNE_OK also if nothing was recorded, as progress says: idle, or waiting for a frame to be retired. ATTUNE_BUSY: the
 * slot's frame has not been retired. ATTUNE_NOT_READY. After other failures the command buffer may hold a part of it and
 * is to be reset; the batch begins anew with the next step.
 * The session's thread. What was not prepared is made here: see attune_prepare(). */
ATTUNE_API attune_status attune_step(attune_session session, const attune_target *target, const attune_budget *budget,
                                     attune_progress *progress, attune_error *error);
/* One whole model step, or one run of the graph; the rest of it, if attune_step() began it. As attune_step(), but
 * ATTUNE_NOTHING if there is nothing to do, and ATTUNE_BUSY if it depends on frames that have not been retired. */
ATTUNE_API attune_status attune_record(attune_session session, const attune_target *target, attune_error *error);

enum attune_command_kind { ATTUNE_DISPATCH = 0, ATTUNE_UPDATE = 1, ATTUNE_FILL = 2, ATTUNE_COPY = 3 };
enum attune_access { ATTUNE_READ = 1, ATTUNE_WRITE = 2, ATTUNE_READ_WRITE = 3 };
/* Never changes. */
typedef struct attune_binding {
    struct VkBuffer_T *buffer;
    uint64_t           offset, bytes;
    uint32_t           access; /* attune_access */
    uint32_t           reserved;
} attune_binding;
/* One command of a model step as data, in order; what it points at lives until the next call for this session. */
typedef struct attune_command {
    ATTUNE_HEAD;
    uint32_t              kind;       /* attune_command_kind */
    uint32_t              barrier;    /* 1: what commands before wrote must be visible to this one */
    const char           *name;       /* op and kernel, for labels; ended by 0 */
    const uint32_t       *spirv;      /* dispatch: entry point "main" */
    size_t                spirv_words;
    const uint32_t       *constants;  /* specialization constants 0, 1, ... */
    const attune_binding *bindings;   /* dispatch: storage buffers 0, 1, ... of set 0; update, fill: one; copy: from, to */
    const void           *data;       /* dispatch: push constants; update: the bytes */
    uint32_t              constant_count;
    uint32_t              binding_count;
    uint32_t              data_bytes;
    uint32_t              value;      /* fill */
    uint32_t              groups[3];
    uint32_t              reserved;
} attune_command;
/* The work of attune_record() as data, for hosts whose render graph records everything; `target` gives frame and slot, its
 * commands are null. Fills a list of *count structs, of which the first has its head set: the others get theirs. A graph's
 * outputs have to be bound. The host makes what attune wrote before visible to the first of them. The session's thread.
 * Allocates main memory. ATTUNE_NOTHING and ATTUNE_BUSY as attune_record(). */
ATTUNE_API attune_status attune_plan_dispatches(attune_session session, const attune_target *target, attune_command *list,
                                                uint32_t *count, attune_error *error);

/* Never changes. */
typedef struct attune_wait {
    struct VkSemaphore_T *semaphore;
    uint64_t              value; /* 0: a binary semaphore */
    uint32_t              stage; /* waits: VkPipelineStageFlags; signals: 0 */
    uint32_t              reserved;
} attune_wait;
typedef struct attune_batch {
    ATTUNE_HEAD;
    const attune_wait   *waits;
    const attune_wait   *signals;
    uint32_t             wait_count, signal_count;
    struct VkFence_T    *fence;  /* or null */
    const attune_budget *budget; /* null: one whole model step */
} attune_batch;
/* Records into a command buffer of attune's own and submits it. Never blocks. While all of them are in flight, a session that
 * translates says ATTUNE_WAITING in progress, and one of a graph answers ATTUNE_BUSY. `batch` may be null. Where the host
 * learns of the end by a semaphore or fence of its own, attune_poll() may do so a moment later; a fence must not be reset
 * before. The session's thread; takes the queue's lock. */
ATTUNE_API attune_status attune_submit(attune_session session, const attune_batch *batch, attune_progress *progress,
                                       attune_error *error);

#ifdef __cplusplus
}
#endif
#endif
