#include <math.h>
#include <stdio.h>

#include "alias_cli.h"
#include "catalogue.h"
#include "commands.h"
#include "standing.h"

static void print_json(const Catalogue *catalogue)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_array_open(json);
    for (guint i = catalogue->entries->len; i > 0; i--) {
        const CatalogueEntry *entry = g_ptr_array_index(catalogue->entries, i - 1);
        yajl_gen_map_open(json);
        json_put_member_string(json, "index", entry->index);
        json_put_member_string(json, "model_id", entry->model_id);
        json_put_member_string(json, "state", release_state_name(entry->state));
        json_put_member_bool(json, "live", entry->is_live);
        json_put_member_int(json, "created_ms", entry->created);
        json_put_member_int(json, "documents", entry->documents);
        if (entry->bytes >= 0)
            json_put_member_int(json, "bytes", entry->bytes);
        validation_figures_put_members(json, &entry->valid);
        if (entry->data != NULL)
            json_put_member_string(json, "data", entry->data);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

static char *describe_age(gint64 created)
{
    gint64 seconds = MAX(0, g_get_real_time() / 1000 - created) / 1000;
    if (seconds < 120)
        return g_strdup_printf("%" G_GINT64_FORMAT " s", seconds);
    if (seconds < 2 * 3600)
        return g_strdup_printf("%" G_GINT64_FORMAT " min", seconds / 60);
    if (seconds < 2 * 86400)
        return g_strdup_printf("%" G_GINT64_FORMAT " h", seconds / 3600);
    return g_strdup_printf("%" G_GINT64_FORMAT " days", seconds / 86400);
}

static char *describe_figure(double figure)
{
    return isnan(figure) ? g_strdup("-") : g_strdup_printf("%.4f", figure);
}

/* An alias that stands for what it should not is worth a word in a list of what is there. */
static void warn(const Standing *standing, const char *alias)
{
    g_autofree char *names = standing_names(standing);
    if (standing->foreign != NULL)
        fprintf(stderr, "warning: %s %s%s, which is not a release of this program\n", alias,
                standing->is_concrete ? "is an index of that name" : "stands for ",
                standing->is_concrete ? "" : standing->foreign);
    if (standing->indices->len > 1)
        fprintf(stderr,
                "warning: %s stands for %u indices (%s), and readers get both; `recsys-loader "
                "rollback RELEASE` makes it stand for one\n",
                alias, standing->indices->len, names);
}

static void print_table(const Catalogue *catalogue, const char *alias)
{
    if (catalogue->entries->len == 0) {
        printf("nothing is released as %s\n", alias);
        return;
    }
    printf("%-44s %-13s %8s %10s %9s %7s %7s  %s\n", "release", "model", "age", "documents", "size",
           "RMSE", "NDCG", "state");
    for (guint i = catalogue->entries->len; i > 0; i--) {
        const CatalogueEntry *entry = g_ptr_array_index(catalogue->entries, i - 1);
        g_autofree char *age = describe_age(entry->created);
        g_autofree char *size =
            entry->bytes >= 0 ? g_format_size((guint64)entry->bytes) : g_strdup("?");
        g_autofree char *rmse = describe_figure(entry->valid.rmse);
        g_autofree char *ndcg = describe_figure(entry->valid.ndcg);
        printf("%-44s %-13s %8s %10" G_GINT64_FORMAT " %9s %7s %7s  %s\n", entry->index,
               entry->model_id, age, entry->documents, size, rmse, ndcg,
               entry->is_live ? "live" : release_state_name(entry->state));
    }
}

gboolean cmd_releases(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(AliasCli) cli = {0};
    if (!alias_cli_parse(&cli, ALIAS_VERB_LOOKS, NULL, command, &argc, &argv, error))
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cli.cluster, error);
    if (client == NULL)
        return FALSE;
    const char *alias = es_options_alias(&cli.cluster);
    g_auto(Standing) standing = {0};
    g_autoptr(Catalogue) catalogue = catalogue_fetch(client, alias, error);
    if (catalogue == NULL || !standing_look(&standing, client, alias, error))
        return FALSE;
    if (cli.json)
        print_json(catalogue);
    else
        print_table(catalogue, alias);
    warn(&standing, alias);
    return TRUE;
}
