/* attune in a host's Vulkan: a device without any feature or extension, made here; one text is translated on it.
 *     sample_embed_c MODEL_FOLDER TEXT [LANGUAGE] */
#include <attune/attune_vulkan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

static attune_error error = {sizeof(error), ATTUNE_TYPE_ERROR};

static void check(int failed, const char *what) {
    if (failed) fprintf(stderr, "%s: %s\n", what, error.message), exit(1);
}

int main(int count, char **words) {
    VkApplicationInfo       application = {VK_STRUCTURE_TYPE_APPLICATION_INFO};
    VkInstanceCreateInfo    instance_info = {VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
    VkDeviceQueueCreateInfo queue_info = {VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
    VkDeviceCreateInfo      device_info = {VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO};
    VkInstance              instance;
    VkPhysicalDevice        physical;
    VkDevice                vulkan;
    uint32_t                one = 1;
    const float             priority = 1;
    check(count < 3, "wants MODEL_FOLDER TEXT [LANGUAGE]");
    application.apiVersion = VK_API_VERSION_1_1;
    instance_info.pApplicationInfo = &application;
    check(vkCreateInstance(&instance_info, NULL, &instance), "vkCreateInstance");
    check(vkEnumeratePhysicalDevices(instance, &one, &physical) < 0 || one == 0, "there is no device");
    queue_info.queueCount = 1; /* of family 0, which computes on most devices */
    queue_info.pQueuePriorities = &priority;
    device_info.queueCreateInfoCount = 1;
    device_info.pQueueCreateInfos = &queue_info;
    check(vkCreateDevice(physical, &device_info, NULL, &vulkan), "vkCreateDevice");

    attune_queue   queue = {sizeof(queue), ATTUNE_TYPE_QUEUE};
    attune_import  import = {sizeof(import), ATTUNE_TYPE_IMPORT};
    attune_source  source = {sizeof(source), ATTUNE_TYPE_SOURCE, NULL, words[1]};
    attune_options options = {sizeof(options), ATTUNE_TYPE_OPTIONS, NULL, count > 3 ? words[3] : NULL};
    attune_device  device;
    attune_model   model;
    attune_session session;
    char           text[4096];
    size_t         length = sizeof(text);
    vkGetDeviceQueue(vulkan, 0, 0, &queue.queue);
    import.get_instance_proc = (attune_get_instance_proc)vkGetInstanceProcAddr;
    import.instance = instance, import.physical = physical, import.device = vulkan;
    import.queues = &queue, import.queue_count = 1;
    check(attune_device_import(&import, &device, &error), "import");
    check(attune_model_open(device, &source, NULL, &model, &error), "model");
    check(attune_session_create(model, &options, &session, &error), "session");
    check(attune_push(session, words[2], strlen(words[2]), &error), "push");
    check(attune_finish(session, &error), "translate");
    check(attune_pull(session, text, &length, &error), "pull");
    printf("%.*s\n", (int)length, text);
    attune_session_destroy(session), attune_model_destroy(model), attune_device_destroy(device);
    vkDestroyDevice(vulkan, NULL);
    vkDestroyInstance(instance, NULL);
    return 0;
}
