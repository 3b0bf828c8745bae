#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "captured_query_list.h"
#include "commands.h"
#include "es_options.h"
#include "index_scan.h"
#include "option_texts.h"
#include "profile_search.h"
#include "query_check.h"
#include "read_back.h"
#include "recsys_error.h"

typedef struct {
    char *answer_file;
    gboolean json;
    gint search; /* that is asked for, from 1; 0: all */
    ProfileOptions profile_options;
    EsOptions cluster;
    /* What they lead to. */
    GPtrArray *texts;     /* CapturedText * */
    Profile *profile;     /* nullable */
    EsClient *client;     /* NULL: no cluster is needed */
    ReleaseMeta *release; /* NULL without a client */
    Bundle *bundle;
    char *read_index; /* that `bundle` is read from, or NULL */
    gboolean has_users;
    /* Of the search that is looked at. */
    CapturedQuery query;
    yajl_val answer;    /* asked for; NULL if it was captured, or refused */
    gboolean *eligible; /* [movies], or NULL: not known */
    QueryVerdict *verdict;
} Checking;

static void clear_search(Checking *c)
{
    captured_query_clear(&c->query);
    yajl_tree_free(c->answer);
    c->answer = NULL;
    g_clear_pointer(&c->eligible, g_free);
    g_clear_pointer(&c->verdict, query_verdict_free);
}

static void checking_clear(Checking *c)
{
    clear_search(c);
    g_free(c->answer_file);
    profile_options_clear(&c->profile_options);
    es_options_clear(&c->cluster);
    g_clear_pointer(&c->texts, g_ptr_array_unref);
    profile_free(c->profile);
    es_client_free(c->client);
    release_meta_free(c->release);
    bundle_free(c->bundle);
    g_free(c->read_index);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Checking, checking_clear)

/* ---- reading ---- */

static char *read_standard_input(gsize *length, GError **error)
{
    char buffer[65536];
    gsize count;
    GString *text = g_string_new(NULL);
    while ((count = fread(buffer, 1, sizeof buffer, stdin)) > 0)
        g_string_append_len(text, buffer, (gssize)count);
    *length = text->len;
    if (!ferror(stdin))
        return g_string_free(text, FALSE);
    g_string_free(text, TRUE);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "standard input cannot be read: %s",
                g_strerror(errno));
    return NULL;
}

static char *read_text(const char *file, GError **error)
{
    char *text = NULL;
    gsize length = 0;
    if (strcmp(file, "-") == 0)
        text = read_standard_input(&length, error);
    else if (!g_file_get_contents(file, &text, &length, error))
        return NULL;
    if (text == NULL || strlen(text) == length)
        return text;
    g_free(text);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s is not JSON: there is a zero byte",
                file);
    return NULL;
}

static const char *name_of(const char *file)
{
    return strcmp(file, "-") == 0 ? "standard input" : file;
}

static gboolean read_query(Checking *c, guint search, GError **error)
{
    const CapturedText *text = g_ptr_array_index(c->texts, search);
    return captured_query_read(&c->query, text->body, text->what, text->answer, text->answer_what,
                               error);
}

/* All of them can be read, before anything is said of one. */
static gboolean read_queries(Checking *c, const char *file, GError **error)
{
    g_autofree char *answer = NULL;
    g_autofree char *text = read_text(file, error);
    if (text == NULL)
        return FALSE;
    if (c->answer_file != NULL && (answer = read_text(c->answer_file, error)) == NULL)
        return FALSE;
    c->texts = captured_query_list(text, name_of(file), answer,
                                   answer != NULL ? name_of(c->answer_file) : NULL, error);
    for (guint i = 0; c->texts != NULL && i < c->texts->len; i++) {
        gboolean valid = read_query(c, i, error);
        captured_query_clear(&c->query);
        if (!valid)
            return FALSE;
    }
    if (c->texts == NULL || (c->search >= 0 && (guint)c->search <= c->texts->len))
        return c->texts != NULL;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--search %d: %s has %u, counted from 1",
                c->search, name_of(file), c->texts->len);
    return FALSE;
}

static gboolean read_profile(Checking *c, GError **error)
{
    const ProfileOptions *given = &c->profile_options;
    if (!profile_options_given(given))
        return TRUE;
    c->profile = profile_of_options(given, error);
    return c->profile != NULL;
}

/* ---- the model ---- */

/* With bundle and answer at hand, a cluster can only say what an unusual filter lets through. */
static gboolean needs_cluster(const Checking *c, const char *bundle)
{
    const gboolean named = c->cluster.url != NULL || g_getenv("ES_URL") != NULL;
    return bundle == NULL || c->query.response == NULL ||
           (c->query.filter_kind == FILTER_OTHER && named);
}

/* The index that gave the captured answer, or the alias. NULL: several did. */
static const char *index_of_answer(const Checking *c)
{
    const char *index = NULL;
    yajl_val hits = json_get(c->query.response, "hits.hits");
    for (gsize i = 0; i < json_array_length(hits); i++) {
        const char *of_hit = json_get_string(json_array_get(hits, i), "_index");
        if (of_hit != NULL && index != NULL && strcmp(of_hit, index) != 0)
            return NULL;
        index = of_hit != NULL ? of_hit : index;
    }
    return index != NULL ? index : es_options_alias(&c->cluster);
}

static gboolean find_release(Checking *c, GError **error)
{
    g_autoptr(GError) failure = NULL;
    const char *alias = es_options_alias(&c->cluster), *index = index_of_answer(c);
    if (index == NULL) {
        query_verdict_defect(c->verdict, "the hits come from several indices: an alias moved, or "
                                         "stands for several releases");
        index = alias;
    }
    g_clear_pointer(&c->release, release_meta_free);
    c->release = release_meta_fetch(c->client, index, &failure);
    if (c->release == NULL && strcmp(index, alias) != 0 &&
        g_error_matches(failure, ES_ERROR, 404)) {
        query_verdict_doubt(c->verdict,
                            "%s, which gave the answer, is not there any more: it is "
                            "compared with what %s stands for now",
                            index, alias);
        g_clear_error(&failure);
        c->release = release_meta_fetch(c->client, alias, &failure);
    }
    if (c->release != NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean read_movies(Checking *c, GError **error)
{
    if (g_strcmp0(c->read_index, c->release->index) == 0)
        return TRUE;
    bundle_free(c->bundle);
    g_free(c->read_index);
    c->read_index = g_strdup(c->release->index);
    c->has_users = FALSE;
    c->bundle = read_back(c->client, c->release, error);
    return c->bundle != NULL;
}

/* Users are read only if it takes one to make up the query vector. */
static gboolean read_model(Checking *c, GError **error)
{
    if (!read_movies(c, error))
        return FALSE;
    if (c->has_users || c->query.vector == NULL || c->query.k != c->bundle->model->k)
        return TRUE;
    g_auto(ProfileMatch) match = {0};
    profile_search(&match, c->bundle, c->query.vector);
    if (match.profile != NULL && c->profile_options.users == NULL)
        return TRUE;
    bundle_free(c->bundle);
    c->bundle = read_back_all(c->client, c->release, error);
    c->has_users = TRUE;
    return c->bundle != NULL;
}

static gboolean use_cluster(Checking *c, const char *path, GError **error)
{
    if (c->client == NULL)
        c->client = es_options_connect(&c->cluster, error);
    if (c->client == NULL || !find_release(c, error) || (path == NULL && !read_model(c, error)))
        return FALSE;
    if (strcmp(c->release->model_id, c->bundle->model_id) == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "%s is model %s, %s is model %s: give the bundle that was released, or none",
                c->release->index, c->release->model_id, path, c->bundle->model_id);
    return FALSE;
}

static gboolean open_model(Checking *c, const char *path, GError **error)
{
    if (path != NULL && c->bundle == NULL && (c->bundle = bundle_open(path, error)) == NULL)
        return FALSE;
    if (needs_cluster(c, path) && !use_cluster(c, path, error))
        return FALSE;
    c->verdict->against = g_strdup_printf("%s (model %s)", c->bundle->path, c->bundle->model_id);
    return TRUE;
}

/* ---- the answer ---- */

/* A query the server refuses is wrong; a server that cannot be asked says nothing about it. */
static gboolean ask(Checking *c, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *body = captured_query_body(&c->query);
    g_autofree char *name = es_escape(c->release->index);
    g_autofree char *path = g_strdup_printf("/%s/_search", name);
    c->answer = es_call_json(c->client, "POST", path, body, &failure);
    c->verdict->asked = TRUE;
    if (c->answer != NULL)
        return TRUE;
    if (g_error_matches(failure, ES_ERROR, 400)) {
        query_verdict_defect(c->verdict, "the query is refused: %s", failure->message);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

typedef struct {
    Checking *checking;
    char *foreign; /* the first document that is no movie */
    guint foreigners;
} Filtering;

static gboolean on_filtered(const Hit *hit, gpointer data, GError **error)
{
    Filtering *filtering = data;
    const char *id = hit->id;
    gint position = id != NULL ? query_movie_position(filtering->checking->bundle, id) : -1;
    (void)error;
    if (position >= 0)
        filtering->checking->eligible[position] = TRUE;
    else if (filtering->foreigners++ == 0)
        filtering->foreign = g_strdup(id != NULL ? id : "?");
    return TRUE;
}

/* Which movies the query's own filter lets through. */
static gboolean find_eligible(Checking *c, GError **error)
{
    const GArray *movies = feature_table_of_type(c->bundle->features, FEATURE_MOVIE);
    Filtering filtering = {.checking = c};
    if (c->query.shape.script == NULL ||
        (c->query.filter_kind == FILTER_OTHER && c->client == NULL))
        return TRUE;
    c->eligible = g_new0(gboolean, movies->len);
    if (c->query.filter_kind != FILTER_OTHER) {
        for (guint i = 0; i < movies->len; i++)
            c->eligible[i] = TRUE;
        return TRUE;
    }
    g_autofree char *filter = captured_query_filter(&c->query);
    const IndexScan scan = {c->release->index, filter, "filtering", c->release->movies,
                            c->release->k};
    gboolean scanned = index_scan(c->client, &scan, on_filtered, &filtering, error);
    if (scanned && filtering.foreigners > 0)
        query_verdict_defect(c->verdict,
                             "the filter lets %u documents through that are not movies, such as "
                             "%s: add the term feature_type: movie",
                             filtering.foreigners, filtering.foreign);
    g_free(filtering.foreign);
    return scanned;
}

static gboolean check(Checking *c, GError **error)
{
    if (!query_check_body(c->verdict, c->bundle, &c->query, c->profile, error))
        return FALSE;
    if (c->query.response == NULL && !ask(c, error))
        return FALSE;
    yajl_val answer = c->query.response != NULL ? c->query.response : c->answer;
    if (answer == NULL)
        return TRUE; /* refused */
    if (!find_eligible(c, error))
        return FALSE;
    query_check_answer(c->verdict, c->bundle, &c->query, answer, c->eligible);
    return TRUE;
}

/* ---- the command ---- */

/* What the first of the worst verdicts is, as an error; NULL if all are right. */
static void conclude(const QueryVerdict *verdict, GError **worst)
{
    const gboolean wrong = verdict->defects->len > 0;
    if ((!wrong && verdict->doubts->len == 0) || (*worst != NULL && !wrong) ||
        g_error_matches(*worst, RECSYS_ERROR, RECSYS_ERROR_GATE))
        return;
    g_autofree char *name =
        verdict->search > 0 ? g_strdup_printf("query %u", verdict->search) : g_strdup("the query");
    g_clear_error(worst);
    if (wrong)
        g_set_error(worst, RECSYS_ERROR, RECSYS_ERROR_GATE, "%s is wrong: %s%s", name,
                    (const char *)g_ptr_array_index(verdict->defects, 0),
                    verdict->defects->len > 1 ? " (and more)" : "");
    else
        g_set_error(worst, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "whether %s is right cannot be told: %s", name,
                    (const char *)g_ptr_array_index(verdict->doubts, 0));
}

static gboolean check_search(Checking *c, guint search, const char *path, GError **error)
{
    clear_search(c);
    c->verdict = query_verdict_new();
    c->verdict->search = c->texts->len > 1 ? search + 1 : 0;
    if (!read_query(c, search, error) || !open_model(c, path, error) || !check(c, error))
        return FALSE;
    if (c->json)
        query_verdict_print_json(c->verdict, stdout);
    else
        query_verdict_print(c->verdict, stdout);
    return TRUE;
}

static gboolean check_all(Checking *c, const char *path, GError **error)
{
    g_autoptr(GError) worst = NULL;
    for (guint i = 0; i < c->texts->len; i++) {
        if (c->search > 0 && i + 1 != (guint)c->search)
            continue;
        if (!check_search(c, i, path, error))
            return FALSE;
        conclude(c->verdict, &worst);
    }
    if (worst == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&worst));
    return FALSE;
}

gboolean cmd_check_query(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(Checking) c = {0};
    const GOptionEntry entries[] = {
        {"answer", 0, 0, G_OPTION_ARG_FILENAME, &c.answer_file,
         "the answer that the client got, if FILE does not have it", "FILE"},
        {"search", 0, 0, G_OPTION_ARG_INT, &c.search,
         "of the searches of an _msearch this one alone, from 1", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &c.json, "a JSON object for each search instead of text",
         NULL},
        {NULL},
    };
    g_autofree GOptionEntry *profile_entries = profile_options_entries(&c.profile_options);
    g_autofree GOptionEntry *cluster_entries = es_options_entries(&c.cluster);
    const GOptionEntry *const all[] = {entries, profile_entries, cluster_entries, NULL};
    if (!cli_parse(command, all, &argc, &argv, error) || !option_texts_check(all, error))
        return FALSE;
    return read_profile(&c, error) && read_queries(&c, argv[1], error) &&
           check_all(&c, argc > 2 ? argv[2] : NULL, error);
}
