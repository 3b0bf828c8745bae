#include <stdio.h>

#include "catalogue.h"
#include "commands.h"
#include "release_cli.h"

static void print_entries(const char *what, const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++) {
        const CatalogueEntry *entry = g_ptr_array_index(entries, i);
        printf("%-9s %s\n", what, entry->index);
    }
}

static void print_gates(const GPtrArray *gates)
{
    printf("gate      documents and orders would be asked of the new index\n");
    for (guint i = 0; i < gates->len; i++) {
        const GateResult *result = g_ptr_array_index(gates, i);
        printf("gate      %s: %s, %s\n", gate_name(result->gate),
               gate_verdict_name(result->verdict), result->figure);
    }
}

/* What a release would prune: with the new one live, the present one is the one before it. */
static GPtrArray *surplus_after(Catalogue *catalogue, guint keep)
{
    CatalogueEntry *new = g_new0(CatalogueEntry, 1);
    const CatalogueEntry *live = catalogue_live(catalogue);
    new->replaces = live != NULL ? g_strdup(live->index) : NULL;
    for (guint i = 0; i < catalogue->entries->len; i++)
        ((CatalogueEntry *)g_ptr_array_index(catalogue->entries, i))->is_live = FALSE;
    new->state = RELEASE_COMPLETE;
    new->is_live = new->is_in_use = TRUE;
    g_ptr_array_add(catalogue->entries, new);
    return keep == 0 ? g_ptr_array_new() : catalogue_to_prune(catalogue, keep);
}

static gboolean plan(EsClient *client, const Bundle *bundle, const ReleaseOptions *options,
                     GError **error)
{
    g_auto(Standing) standing = {0};
    if (!standing_look(&standing, client, options->alias, error) ||
        !release_check_way(&standing, options, error))
        return FALSE;
    g_autoptr(Catalogue) catalogue = catalogue_fetch(client, options->alias, error);
    if (catalogue == NULL)
        return FALSE;
    const CatalogueEntry *entry = catalogue_live(catalogue);
    g_autoptr(ReleaseMeta) live =
        entry != NULL ? release_meta_fetch(client, entry->index, error) : NULL;
    if (entry != NULL && live == NULL)
        return FALSE;
    const GateSubject subject = {
        .client = client, .bundle = bundle, .live = live, .options = &options->gates};
    g_autoptr(GPtrArray) gates = gate_results_new();
    if (!gates_run(gates, &subject, error))
        return FALSE;

    g_autoptr(GPtrArray) unfinished = catalogue_unfinished(catalogue);
    g_autoptr(GPtrArray) surplus = surplus_after(catalogue, options->keep);
    print_entries("delete", unfinished);
    printf("create    %s-TIME-%s at %s: %u documents of %u factors\n", options->alias,
           bundle->model_id, es_client_url(client), bundle->model->n, bundle->model->k);
    print_gates(gates);
    printf("swap      %s from %s\n", options->alias, entry != NULL ? entry->index : "nothing");
    print_entries("prune", surplus);
    printf("nothing was changed\n");
    return gates_check(gates, error);
}

gboolean cmd_plan(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(ReleaseCli) options = {0};
    ReleaseOptions release = {0};
    if (!release_cli_parse(&options, &release, command, &argc, &argv, error))
        return FALSE;
    g_autoptr(Bundle) bundle = bundle_open(argv[1], error);
    if (bundle == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&options.cluster, error);
    return client != NULL && plan(client, bundle, &release, error);
}
