#include <stdio.h>

#include "commands.h"
#include "es_options.h"
#include "kernel_probe.h"
#include "recsys_error.h"
#include "release_meta.h"

/* ---- text ---- */

static void print_node(const NodeKernel *node)
{
    printf("\nnode %s (%s): ", node->name, node->id);
    if (node->matching->len == 0)
        printf("unknown\n");
    for (guint i = 0; i < node->matching->len; i++) {
        const Kernel *kernel = g_ptr_array_index(node->matching, i);
        printf("%s%s\n", i > 0 ? "  or " : "", kernel->name);
        printf("  %s\n", kernel->summary);
    }
    if (node->matching->len > 0)
        printf("  %u of %u dot products bit for bit, asked for %u times\n", node->closest_matches,
               node->probes, node->rounds);
    else
        printf("  closest is %s: %u of %u dot products bit for bit, after asking %u times\n",
               node->closest->name, node->closest_matches, node->probes, node->rounds);
    if (node->before != NULL)
        printf("  was %s until its method was compiled\n", node->before->name);
}

static void print_text(const KernelFinding *finding)
{
    g_autofree char *text = kernel_finding_describe(finding);
    printf("kernel: %s\n", text);
    printf("dimensions probed:");
    for (guint i = 0; i < finding->lengths->len; i++)
        printf(" %u", g_array_index(finding->lengths, guint, i));
    printf("\n");
    for (guint i = 0; i < finding->nodes->len; i++)
        print_node(g_ptr_array_index(finding->nodes, i));
}

/* ---- JSON ---- */

static void put_name(yajl_gen json, const char *key, const Kernel *kernel)
{
    if (kernel != NULL) {
        json_put_member_string(json, key, kernel->name);
        return;
    }
    json_put_key(json, key);
    yajl_gen_null(json);
}

static void put_node(yajl_gen json, const NodeKernel *node)
{
    yajl_gen_map_open(json);
    json_put_member_string(json, "id", node->id);
    json_put_member_string(json, "name", node->name);
    put_name(json, "kernel", node_kernel(node));
    json_put_key(json, "candidates");
    yajl_gen_array_open(json);
    for (guint i = 0; i < node->matching->len; i++)
        json_put_string(json, ((const Kernel *)g_ptr_array_index(node->matching, i))->name);
    yajl_gen_array_close(json);
    put_name(json, "closest", node->closest);
    json_put_member_int(json, "equal", node->closest_matches);
    json_put_member_int(json, "probes", node->probes);
    json_put_member_int(json, "rounds", node->rounds);
    put_name(json, "before", node->before);
    yajl_gen_map_close(json);
}

static void print_json(const KernelFinding *finding)
{
    const gboolean one = kernel_finding_is_known(finding) && !kernel_finding_is_mixed(finding);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_bool(json, "known", kernel_finding_is_known(finding));
    json_put_member_bool(json, "mixed", kernel_finding_is_mixed(finding));
    put_name(json, "kernel", one ? node_kernel(g_ptr_array_index(finding->nodes, 0)) : NULL);
    json_put_key(json, "dimensions");
    yajl_gen_array_open(json);
    for (guint i = 0; i < finding->lengths->len; i++)
        json_put_int(json, g_array_index(finding->lengths, guint, i));
    yajl_gen_array_close(json);
    json_put_key(json, "nodes");
    yajl_gen_array_open(json);
    for (guint i = 0; i < finding->nodes->len; i++)
        put_node(json, g_ptr_array_index(finding->nodes, i));
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

/* ---- the command ---- */

gboolean cmd_fingerprint(const CliCommand *command, int argc, char **argv, GError **error)
{
    gboolean json = FALSE;
    g_auto(EsOptions) cluster = {0};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "one JSON object instead of text", NULL},
        {NULL},
    };
    g_autofree GOptionEntry *cluster_entries = es_options_entries(&cluster);
    const GOptionEntry *const all[] = {entries, cluster_entries, NULL};
    if (!cli_parse(command, all, &argc, &argv, error))
        return FALSE;
    const char *alias = es_options_alias(&cluster);
    g_autoptr(EsClient) client = es_options_connect(&cluster, error);
    if (client == NULL)
        return FALSE;
    /* With a release its own length is probed too; without one there is none. */
    g_autoptr(ReleaseMeta) release = release_meta_fetch(client, alias, NULL);
    g_autoptr(KernelFinding) finding =
        kernel_probe(client, alias, release != NULL ? release->k : 0, error);
    if (finding == NULL)
        return FALSE;
    if (json)
        print_json(finding);
    else
        print_text(finding);
    if (kernel_finding_is_known(finding))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "the kernel is not known: scores can be compared within bounds only");
    return FALSE;
}
