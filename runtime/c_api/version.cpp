#include <attune/attune.h>

uint32_t attune_version(void) {
    return ATTUNE_VERSION_MAJOR << 24 | ATTUNE_VERSION_MINOR << 16 | ATTUNE_VERSION_PATCH << 8;
}

const char* attune_status_string(attune_status status) {
    switch (status) {
    case ATTUNE_OK: return "ATTUNE_OK";
    case ATTUNE_BAD_INPUT: return "ATTUNE_BAD_INPUT";
    case ATTUNE_USAGE: return "ATTUNE_USAGE";
    case ATTUNE_NO_DEVICE: return "ATTUNE_NO_DEVICE";
    case ATTUNE_DEVICE_FAILED: return "ATTUNE_DEVICE_FAILED";
    case ATTUNE_DEVICE_LOST: return "ATTUNE_DEVICE_LOST";
    case ATTUNE_OUT_OF_HOST_MEMORY: return "ATTUNE_OUT_OF_HOST_MEMORY";
    case ATTUNE_OUT_OF_DEVICE_MEMORY: return "ATTUNE_OUT_OF_DEVICE_MEMORY";
    case ATTUNE_CANCELLED: return "ATTUNE_CANCELLED";
    case ATTUNE_BUSY: return "ATTUNE_BUSY";
    case ATTUNE_TOO_SMALL: return "ATTUNE_TOO_SMALL";
    case ATTUNE_NOT_READY: return "ATTUNE_NOT_READY";
    case ATTUNE_NOTHING: return "ATTUNE_NOTHING";
    default: return "unknown status";
    }
}
