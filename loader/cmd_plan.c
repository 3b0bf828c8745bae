#include <stdio.h>

#include "catalogue.h"
#include "commands.h"
#include "json_failure.h"
#include "release_cli.h"

typedef struct {
    char *lock_holder; /* or NULL */
    gboolean replaces; /* the index of the alias's name, by --replace-index */
    Catalogue *catalogue;
    char *live;             /* index, or NULL */
    GPtrArray *gates;       /* GateResult * */
    GPtrArray *left_behind; /* CatalogueEntry * of `catalogue`, as the next */
    GPtrArray *surplus;
} Plan;

static void plan_clear(Plan *plan)
{
    g_clear_pointer(&plan->left_behind, g_ptr_array_unref);
    g_clear_pointer(&plan->surplus, g_ptr_array_unref);
    g_clear_pointer(&plan->gates, g_ptr_array_unref);
    catalogue_free(plan->catalogue);
    g_free(plan->lock_holder);
    g_free(plan->live);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

/* ---- looking ---- */

/* What a release would prune: with the new one live, the present one is the one before it. */
static GPtrArray *surplus_after(Catalogue *catalogue, const char *live, guint keep)
{
    CatalogueEntry *new = g_new0(CatalogueEntry, 1);
    new->replaces = g_strdup(live);
    for (guint i = 0; i < catalogue->entries->len; i++)
        ((CatalogueEntry *)g_ptr_array_index(catalogue->entries, i))->is_live = FALSE;
    new->state = RELEASE_COMPLETE;
    new->is_live = new->is_in_use = TRUE;
    g_ptr_array_add(catalogue->entries, new);
    return keep == 0 ? g_ptr_array_new() : catalogue_to_prune(catalogue, keep);
}

static gboolean run_gates(Plan *plan, const ReleaseCli *options, const Standing *standing,
                          GError **error)
{
    g_autoptr(ReleaseMeta) live = NULL;
    const GateOptions *gates = &options->release.gates;
    if (!release_fetch_live(&live, options->client, standing, plan->catalogue, gates, error))
        return FALSE;
    const GateSubject subject = {
        .client = options->client,
        .bundle = options->bundle,
        .live = live,
        .options = gates,
    };
    plan->gates = gate_results_new();
    return gates_run(plan->gates, &subject, error);
}

static gboolean make_plan(Plan *plan, const ReleaseCli *options, GError **error)
{
    g_auto(Standing) standing = {0};
    const char *alias = options->release.alias;
    if (!standing_look(&standing, options->client, alias, error) ||
        !release_check_way(&standing, &options->release, error) ||
        !lock_look(options->client, alias, &plan->lock_holder, error))
        return FALSE;
    plan->replaces = standing.is_concrete;
    plan->catalogue = catalogue_fetch(options->client, alias, error);
    if (plan->catalogue == NULL || !run_gates(plan, options, &standing, error))
        return FALSE;
    const CatalogueEntry *entry = catalogue_live(plan->catalogue);
    plan->live = entry != NULL ? g_strdup(entry->index) : NULL;
    /* What a job is working on is not left behind. */
    plan->left_behind =
        plan->lock_holder == NULL ? catalogue_left_behind(plan->catalogue) : g_ptr_array_new();
    plan->surplus = surplus_after(plan->catalogue, plan->live, options->release.keep);
    return TRUE;
}

/* ---- telling ---- */

static char *new_name(const ReleaseCli *options)
{
    return g_strdup_printf("%s-TIME-%s", options->release.alias, options->bundle->model_id);
}

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

static void print_text(const Plan *plan, const ReleaseCli *options)
{
    g_autofree char *name = new_name(options);
    const FmModel *model = options->bundle->model;
    const char *alias = options->release.alias;
    if (plan->lock_holder != NULL)
        printf("locked    by %s: until then, or until that job ends, a release ends with 6\n",
               plan->lock_holder);
    print_entries("delete", plan->left_behind);
    printf("create    %s at %s: %u documents of %u factors\n", name, es_client_url(options->client),
           model->n, model->k);
    print_gates(plan->gates);
    if (plan->replaces)
        printf("delete    %s, which is an index, in the step that makes it an alias\n", alias);
    printf("swap      %s from %s\n", alias,
           plan->live != NULL ? plan->live
           : plan->replaces   ? "that index"
                              : "nothing");
    print_entries("prune", plan->surplus);
    printf("nothing was changed\n");
}

static void put_entries(yajl_gen json, const char *key, const GPtrArray *entries)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < entries->len; i++)
        g_ptr_array_add(names, ((CatalogueEntry *)g_ptr_array_index(entries, i))->index);
    json_put_member_strings(json, key, names);
}

static void print_json(const Plan *plan, const ReleaseCli *options, const GError *failure)
{
    g_autofree char *name = new_name(options);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "alias", options->release.alias);
    json_put_member_string(json, "create", name);
    json_put_member_string(json, "model_id", options->bundle->model_id);
    if (plan->live != NULL)
        json_put_member_string(json, "live", plan->live);
    if (plan->replaces)
        json_put_member_string(json, "replace_index", options->release.alias);
    if (plan->lock_holder != NULL)
        json_put_member_string(json, "locked_by", plan->lock_holder);
    json_put_member_int(json, "documents", options->bundle->model->n);
    const ValidationFigures valid = validation_figures_of_training(options->bundle->training);
    validation_figures_put(json, "validation", &valid);
    json_failure_put(json, failure);
    gates_put_member(json, "gates", plan->gates);
    put_entries(json, "delete", plan->left_behind);
    put_entries(json, "prune", plan->surplus);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

/* A plan that cannot be made has nothing to tell but that. */
static void print(const Plan *plan, const ReleaseCli *options, gboolean is_made,
                  const GError *failure)
{
    if (!is_made && options->json)
        json_failure_print(failure);
    else if (is_made && options->json)
        print_json(plan, options, failure);
    else if (is_made && (!options->quiet || failure != NULL))
        print_text(plan, options);
}

gboolean cmd_plan(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(ReleaseCli) options = {0};
    g_auto(Plan) plan = {0};
    g_autoptr(GError) failure = NULL;
    const gboolean is_made = release_cli_open(&options, command, argc, argv, &failure) &&
                             make_plan(&plan, &options, &failure);
    const gboolean passed = is_made && gates_check(plan.gates, &failure);
    print(&plan, &options, is_made, failure);
    if (!passed)
        g_propagate_error(error, g_steal_pointer(&failure));
    return passed;
}
