#include <stdio.h>

#include "commands.h"
#include "json_failure.h"
#include "release_cli.h"

static void put_steps(yajl_gen json, const GArray *steps)
{
    json_put_key(json, "steps");
    yajl_gen_array_open(json);
    for (guint i = 0; i < steps->len; i++) {
        const ReleaseStep *step = &g_array_index(steps, ReleaseStep, i);
        yajl_gen_map_open(json);
        json_put_member_string(json, "step", step->name);
        json_put_member_double(json, "took", step->seconds);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
}

static void put_load(yajl_gen json, const LoadReport *load)
{
    json_put_key(json, "bulk");
    yajl_gen_map_open(json);
    json_put_member_double(json, "loading_seconds", load->seconds);
    json_put_member_int(json, "requests", load->bulk.requests);
    json_put_member_int(json, "bytes", (gint64)load->bulk.bytes);
    json_put_member_int(json, "repeated", load->bulk.repeated);
    json_put_member_string(json, "vectors",
                           load->bulk.form == VECTORS_AS_BASE64 ? "base64" : "decimals");
    json_put_member_bool(json, "compressed", load->bulk.compressed);
    yajl_gen_map_close(json);
}

/* `failure` is NULL if it is released. */
static void print_json(const ReleaseResult *result, const Bundle *bundle, const char *alias,
                       const GError *failure)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_bool(json, "released", result->is_live);
    json_put_member_string(json, "alias", alias);
    if (result->index != NULL)
        json_put_member_string(json, "index", result->index);
    json_put_member_string(json, "model_id", bundle->model_id);
    if (result->previous != NULL)
        json_put_member_string(json, "previous", result->previous);
    json_put_member_int(json, "documents", result->documents);
    const ValidationFigures valid = validation_figures_of_training(bundle->training);
    validation_figures_put(json, "validation", &valid);
    json_failure_put(json, failure);
    gates_put_member(json, "gates", result->gates);
    put_steps(json, result->steps);
    json_put_member_strings(json, "deleted", result->deleted);
    if (result->warning != NULL)
        json_put_member_string(json, "warning", result->warning);
    json_put_member_double(json, "seconds", result->seconds);
    put_load(json, &result->load);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

static void print_gates(const GPtrArray *gates)
{
    for (guint i = 0; i < gates->len; i++) {
        const GateResult *result = g_ptr_array_index(gates, i);
        printf("gate %-10s %-14s %s\n", gate_name(result->gate), gate_verdict_name(result->verdict),
               result->figure != NULL ? result->figure : "");
    }
}

static void print_text(const ReleaseResult *result, const EsClient *client, const char *alias)
{
    print_gates(result->gates);
    for (guint i = 0; i < result->deleted->len; i++)
        printf("deleted %s\n", (const char *)g_ptr_array_index(result->deleted, i));
    if (!result->is_live)
        return;
    printf("released %s as %s at %s (Elasticsearch %s): %u documents in %.1f s\n", result->index,
           alias, es_client_url(client), es_client_version(client), result->documents,
           result->seconds);
    if (result->previous != NULL)
        printf("the release before, %s, is still there\n", result->previous);
}

/* What went wrong is said whatever the options; skipped gates too, unless it is to be quiet. */
static void print_result(const ReleaseResult *result, const ReleaseCli *options,
                         const GError *failure)
{
    if (options->json)
        print_json(result, options->bundle, options->release.alias, failure);
    else if (!options->quiet || failure != NULL)
        print_text(result, options->client, options->release.alias);
    if (result->warning != NULL)
        fprintf(stderr, "warning: %s\n", result->warning);
}

gboolean cmd_release(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(ReleaseCli) options = {0};
    g_auto(ReleaseResult) result = {0};
    g_autoptr(GError) failure = NULL;
    if (!release_cli_open(&options, command, argc, argv, &failure)) {
        if (options.json)
            json_failure_print(failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    const gboolean released =
        release_bundle(&result, options.client, options.bundle, &options.release, &failure);
    print_result(&result, &options, failure);
    if (!released)
        g_propagate_error(error, g_steal_pointer(&failure));
    return released;
}
