/* What stands for an engine here: its Vulkan objects and its buffer. None of it knows attune. */
#ifndef HOST_H
#define HOST_H

#include <attune/attune_vulkan.h>
#include <stdio.h>
#include <stdlib.h>
#include <vulkan/vulkan.h>

struct host {
    VkInstance       instance;
    VkPhysicalDevice physical;
    VkDevice         device;
    VkQueue          queue;
    VkCommandPool    pool;
    VkCommandBuffer  commands; /* recording */
    VkBuffer         buffer;
    VkDeviceMemory   memory;
    char            *mapped;
};

struct host host_open(VkDeviceSize bytes);
void        host_submit_and_wait(struct host *host);
int         host_close(struct host *host); /* 0 */
float      *at(const struct host *host, size_t offset);
void        fill(const struct host *host, size_t offset, size_t count); /* with numbers from -1 to 1 */

/* Rows [queries | keys, heads * head_dim] of the heads side by side. 0 if the output is what attune's oracle computes in
 * double, to the precision of f32. */
#ifdef __cplusplus
extern "C"
#endif
int attention_differs(const float *query, const float *key, const float *value, const float *output, uint32_t heads,
                      uint32_t queries, uint32_t keys, uint32_t width);

#endif
