/* Releases and rollbacks in a row under clients that read without end.
 *
 * Usage: soak BUNDLE BUNDLE URL [--count N] [--readers N]
 *        soak read BUNDLE BUNDLE URL ALIAS
 *
 * The first form runs `recsys-loader` (RECSYS_LOADER) N times, one bundle, the other one, a
 * rollback, and so on, and as many processes of the second form, which recommend until their
 * standard input ends. It ends with a JSON line for each reader and one for all. The exit code is 0
 * only if no run of the loader and no answer failed, no answer was empty, or of no known model as a
 * whole, each reader saw the model change, and the memory of readers and releases was level. */
#include <gio/gio.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"
#include "catalogue.h"
#include "programs.h"
#include "recommend.h"

#define SIZE 10
#define WARM 200       /* answers before the memory of a reader counts */
#define LEVEL_KIB 1024 /* by how much memory may grow and still be level */
#define COMPARED 20    /* releases at the beginning and at the end whose memory is compared */
#define COUNT 200
#define READERS 4
#define MOST_READERS 64

extern char **environ;

typedef enum { ANSWERS, FAILED, MIXED, EMPTY, CHANGES, RSS_FIRST, RSS_LAST, FIGURES } Figure;
static const char *const names[FIGURES] = {"answers", "failed",        "mixed",       "empty",
                                           "changes", "rss_first_kib", "rss_last_kib"};

static void print_figures(const char *name, const gint64 *figures, guint count)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "bench", name);
    for (guint i = 0; i < count; i++)
        json_put_member_int(json, names[i], figures[i]);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

/* ---- a reader ---- */

static gint64 resident_kib(void)
{
    g_autofree char *status = NULL;
    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
        return 0;
    const char *at = strstr(status, "VmRSS:");
    return at != NULL ? strtol(at + strlen("VmRSS:"), NULL, 10) : 0;
}

static gboolean input_has_ended(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) != 0;
}

/* One feature of each kind of metadata that both models know, another one each time. */
static Profile *profile_number(const Bundle *const bundles[2], guint number)
{
    const GPtrArray *types = feature_table_types(bundles[0]->features);
    Profile *profile = profile_new();
    for (guint t = 0; t < types->len; t++) {
        const char *type = g_ptr_array_index(types, t);
        const GArray *known = feature_table_of_type(bundles[0]->features, type);
        const guint index = g_array_index(known, guint, number % known->len);
        const char *value = feature_table_get(bundles[0]->features, index)->value;
        guint other = 0;
        if (strcmp(type, FEATURE_MOVIE) != 0 &&
            feature_table_find(bundles[1]->features, type, value, &other))
            profile_add(profile, type, value);
    }
    return profile;
}

static Figure judge(const Bundle *const bundles[2], const Profile *profile, const Ranking *ranking)
{
    if (ranking->movies->len == 0)
        return EMPTY;
    for (guint i = 0; i < 2; i++)
        if (strcmp(bundles[i]->model_id, ranking->model_id) == 0)
            return g_str_has_suffix(ranking->index, ranking->model_id) &&
                           answer_is_of(bundles[i], profile, ranking, SIZE)
                       ? ANSWERS
                       : MIXED;
    return MIXED;
}

static int read_without_end(const Bundle *const bundles[2], EsClient *client, const char *alias)
{
    gint64 figures[FIGURES] = {0};
    g_autofree char *last = NULL; /* the index of the answer before */
    g_autoptr(Recommender) recommender = recommender_new(client, alias);
    for (guint number = 0; !input_has_ended(); number++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Profile) profile = profile_number(bundles, number);
        g_autoptr(Ranking) ranking = recommender_rank(recommender, profile, SIZE, &error);
        const Figure verdict = ranking != NULL ? judge(bundles, profile, ranking) : FAILED;
        const char *index = ranking != NULL ? ranking->index : NULL;
        figures[verdict]++;
        if (verdict != ANSWERS)
            fprintf(stderr, "soak: answer %u: %s %s\n", number, names[verdict],
                    index != NULL ? index : error->message);
        if (index != NULL && g_strcmp0(last, index) != 0) {
            figures[CHANGES] += last != NULL;
            g_free(last);
            last = g_strdup(index);
        }
        if (number == WARM)
            figures[RSS_FIRST] = resident_kib();
    }
    figures[RSS_LAST] = resident_kib();
    print_figures("soak-reader", figures, FIGURES);
    return 0;
}

static EsClient *connect_to(const char *url)
{
    g_autoptr(GError) error = NULL;
    g_auto(HttpOptions) http = {.url = g_strdup(url)};
    EsClient *client = es_client_connect(&http, &error);
    if (client == NULL)
        fprintf(stderr, "soak: %s\n", error->message);
    return client;
}

static int reader_main(char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) one = bundle_open(argv[0], &error);
    g_autoptr(Bundle) other = one != NULL ? bundle_open(argv[1], &error) : NULL;
    g_autoptr(EsClient) client = connect_to(argv[2]);
    if (other == NULL || client == NULL) {
        fprintf(stderr, "soak: %s\n", error != NULL ? error->message : "no cluster");
        return 1;
    }
    const Bundle *bundles[] = {one, other};
    return read_without_end(bundles, client, argv[3]);
}

/* ---- the loader ---- */

typedef struct {
    char **bundles; /* two paths */
    const char *url;
    char *alias;
    gint count, readers;
    guint runs_failed;
    GArray *peaks; /* glong, KiB: of each release */
} Soak;

/* Runs it and adds the peak of its memory to `peaks`, which may be NULL. */
static void run_loader(Soak *soak, GArray *peaks, const char *verb, const char *bundle)
{
    const char *program = g_getenv("RECSYS_LOADER");
    const char *const release[] = {bundle, NO_LIMITS, NULL};
    const char *words[16] = {program, verb, "--quiet", "--url", soak->url, "--alias", soak->alias};
    for (guint i = 0; bundle != NULL && release[i] != NULL; i++)
        words[7 + i] = release[i];
    pid_t pid = 0;
    int status = 0;
    struct rusage usage = {0};
    if (posix_spawn(&pid, program, NULL, NULL, (char *const *)words, environ) != 0 ||
        wait4(pid, &status, 0, &usage) != pid || status != 0) {
        fprintf(stderr, "soak: %s %s failed\n", program, verb);
        soak->runs_failed++;
    }
    if (peaks != NULL)
        g_array_append_val(peaks, usage.ru_maxrss);
}

static int compare_long(gconstpointer a, gconstpointer b)
{
    const glong x = *(const glong *)a, y = *(const glong *)b;
    return (x > y) - (x < y);
}

static glong median(const GArray *values, guint first, guint count)
{
    g_autoptr(GArray) part = g_array_new(FALSE, FALSE, sizeof(glong));
    g_array_append_vals(part, &g_array_index(values, glong, first), count);
    g_array_sort(part, compare_long);
    return g_array_index(part, glong, count / 2);
}

/* ---- all of it ---- */

static GSubprocess *start_reader(const Soak *soak)
{
    g_autoptr(GError) error = NULL;
    const char *const words[] = {
        "/proc/self/exe", "read", soak->bundles[0], soak->bundles[1], soak->url, soak->alias, NULL};
    GSubprocess *reader = g_subprocess_newv(
        words, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
    if (reader == NULL)
        g_error("a reader cannot be started: %s", error->message);
    return reader;
}

/* Ends it; adds its figures to `sums`. FALSE if it has none, or they are not what they should be.
 */
static gboolean end_reader(GSubprocess *reader, gint64 *sums)
{
    g_autofree char *text = NULL;
    gint64 figures[FIGURES] = {0};
    if (!g_subprocess_communicate_utf8(reader, "", NULL, &text, NULL, NULL) || text == NULL)
        return FALSE;
    g_auto(yajl_val) json = json_parse(text, "a reader's figures", NULL);
    gboolean complete = json != NULL;
    for (guint i = 0; i < FIGURES; i++) {
        complete = complete && json_get_int(json, names[i], &figures[i]);
        sums[i] += figures[i];
    }
    fputs(text, stdout);
    return complete && figures[ANSWERS] > WARM && figures[CHANGES] > 0 && figures[FAILED] == 0 &&
           figures[MIXED] == 0 && figures[EMPTY] == 0 &&
           figures[RSS_LAST] <= figures[RSS_FIRST] + LEVEL_KIB;
}

static void clean_up(const Soak *soak)
{
    g_autoptr(EsClient) client = connect_to(soak->url);
    g_autoptr(Catalogue) catalogue =
        client != NULL ? catalogue_fetch(client, soak->alias, NULL) : NULL;
    g_autofree char *lock = g_strdup_printf("/%s-lock", soak->alias);
    g_auto(yajl_val) answer =
        catalogue != NULL ? es_call_json(client, "DELETE", lock, NULL, NULL) : NULL;
    if (answer == NULL || !catalogue_delete(client, catalogue->entries, NULL, NULL))
        fprintf(stderr, "soak: indices %s-* are left behind\n", soak->alias);
}

static gboolean is_level(const Soak *soak, gint64 *sums)
{
    const guint compared = MAX(1, MIN(COMPARED, soak->peaks->len / 3));
    const glong first = median(soak->peaks, 0, compared);
    const glong last = median(soak->peaks, soak->peaks->len - compared, compared);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "bench", "soak");
    json_put_member_int(json, "releases", soak->peaks->len);
    json_put_member_int(json, "rollbacks", (soak->count + 1) - (gint)soak->peaks->len);
    json_put_member_int(json, "runs_failed", soak->runs_failed);
    json_put_member_int(json, "readers", soak->readers);
    for (Figure i = ANSWERS; i <= CHANGES; i++)
        json_put_member_int(json, names[i], sums[i]);
    json_put_member_int(json, "release_peak_first_kib", first);
    json_put_member_int(json, "release_peak_last_kib", last);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
    return last <= first + LEVEL_KIB;
}

static gboolean run(Soak *soak)
{
    gint64 sums[FIGURES] = {0};
    g_autoptr(GPtrArray) readers = g_ptr_array_new_with_free_func(g_object_unref);
    run_loader(soak, soak->peaks, "release", soak->bundles[1]);
    for (gint i = 0; i < soak->readers; i++)
        g_ptr_array_add(readers, start_reader(soak));
    for (gint i = 0; i < soak->count; i++) {
        if (i % 3 == 2)
            run_loader(soak, NULL, "rollback", NULL);
        else
            run_loader(soak, soak->peaks, "release", soak->bundles[i % 3]);
    }
    gboolean good = TRUE;
    for (guint i = 0; i < readers->len; i++)
        good &= end_reader(g_ptr_array_index(readers, i), sums);
    good &= is_level(soak, sums);
    clean_up(soak);
    return good && soak->runs_failed == 0;
}

int main(int argc, char **argv)
{
    Soak soak = {.count = COUNT, .readers = READERS};
    const GOptionEntry entries[] = {
        {"count", 0, 0, G_OPTION_ARG_INT, &soak.count, "releases and rollbacks", "N"},
        {"readers", 0, 0, G_OPTION_ARG_INT, &soak.readers, "processes that recommend", "N"},
        {NULL},
    };
    if (argc == 6 && strcmp(argv[1], "read") == 0)
        return reader_main(argv + 2);
    g_autoptr(GOptionContext) context = g_option_context_new("BUNDLE BUNDLE URL");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, NULL) || argc != 4 || soak.count < 1 ||
        soak.readers < 1 || soak.readers > MOST_READERS || g_getenv("RECSYS_LOADER") == NULL) {
        fprintf(stderr, "usage: RECSYS_LOADER=PROGRAM soak BUNDLE BUNDLE URL [--count N] "
                        "[--readers N]\n");
        return 1;
    }
    soak.bundles = argv + 1;
    soak.url = argv[3];
    soak.alias = g_strdup_printf("soak-%d", (int)getpid());
    soak.peaks = g_array_new(FALSE, FALSE, sizeof(glong));
    const gboolean good = run(&soak);
    g_array_unref(soak.peaks);
    g_free(soak.alias);
    return good ? 0 : 1;
}
