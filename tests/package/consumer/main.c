/* The C functions of an installed attune: translates its second argument by the model that the first one names. */
#include <attune/attune.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **words) {
    attune_error   error = {sizeof(error), ATTUNE_TYPE_ERROR};
    attune_source  source = {sizeof(source), ATTUNE_TYPE_SOURCE};
    attune_device  device = NULL;
    attune_model   model = NULL;
    attune_session session = NULL;
    char           text[1000];
    size_t         length = sizeof(text);
    if (count < 3) return 2;
    source.folder = words[1];
    if (attune_device_open(NULL, &device, &error) || attune_model_open(device, &source, NULL, &model, &error) ||
        attune_session_create(model, NULL, &session, &error) || attune_push(session, words[2], strlen(words[2]), &error) ||
        attune_finish(session, &error) || attune_pull(session, text, &length, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    printf("%.*s\n", (int)length, text);
    attune_session_destroy(session);
    attune_model_destroy(model);
    attune_device_destroy(device);
    return 0;
}
