#include "json_failure.h"

#include <stdio.h>

#include "es_client.h"

void json_failure_put(yajl_gen json, const GError *failure)
{
    if (failure == NULL)
        return;
    json_put_member_int(json, "exit_code", es_exit_code(failure));
    json_put_member_string(json, "error", failure->message);
}

void json_failure_print(const GError *failure)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_failure_put(json, failure);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}
