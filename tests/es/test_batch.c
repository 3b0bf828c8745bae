/* Many profiles at once, on a real cluster and through a proxy that spoils its answers: the same
 * movies as one at a time, in order, of one release; errors stay in their lines; and a file that
 * was left in the middle is gone on with. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bundles.h"
#include "fake_server.h"
#include "programs.h"
#include "recommend_batch.h"
#include "servers.h"

#define USERS 80

static char *paths[2], *alias, *directory;
static char *asked; /* the alias that a job asks, if it is another one */

static char *release(const char *path, const char *of)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", of,
                NULL);
    if (!run_says(&run, 0, NULL))
        printf("# there is no release to test with\n");
    return server_index_of(of);
}

static void set_up(void)
{
    const BundleRecipe recipes[] = {{"80", "150", "4000", "16", "1"},
                                    {"80", "150", "4000", "16", "2"}};
    alias = g_strdup_printf("%s-live", server_prefix());
    directory = tap_directory();
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++)
        paths[i] = bundle_make(&recipes[i]);
    g_free(release(paths[0], alias));
}

static char *in_directory(const char *name)
{
    return g_build_filename(directory, name, NULL);
}

static char *put(const char *name, const char *text)
{
    char *path = in_directory(name);
    CU_ASSERT(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static char *content_of(const char *path)
{
    char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("(no file)");
}

/* Profile `number` as a line, and as itself. */
static char *line_of(guint number)
{
    return g_strdup_printf("{\"id\": \"p%u\", \"user\": %u, \"gender\": \"%s\", \"size\": %u}\n",
                           number, number % USERS + 1, number % 3 ? "F" : "M", number % 7 + 1);
}

static Profile *profile_number(guint number)
{
    Profile *profile = profile_new();
    g_autofree char *user = g_strdup_printf("%u", number % USERS + 1);
    profile_add(profile, FEATURE_USER, user);
    profile_add(profile, FEATURE_GENDER, number % 3 ? "F" : "M");
    return profile;
}

static char *lines_of(guint count)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        g_autofree char *line = line_of(i);
        g_string_append(text, line);
    }
    return g_strdup(text->str);
}

static gboolean is_whole(const char *text)
{
    return text[0] == '\0' || g_str_has_suffix(text, "\n");
}

static yajl_val parse(const char *line)
{
    g_autoptr(GError) error = NULL;
    yajl_val value = json_parse(line, "a line", &error);
    if (value == NULL)
        tap_comment(error->message);
    CU_ASSERT_PTR_NOT_NULL(value);
    return value;
}

/* Runs the job on `count` profiles into a file of its own; returns what is in the file. */
static char *run_job(const char *url, guint count, const char *name, const char *more, int status,
                     const char *says)
{
    g_auto(Run) run = {0};
    g_autofree char *lines = lines_of(count);
    g_autofree char *input = put("profiles.jsonl", lines);
    g_autofree char *output = in_directory(name);
    run_program(&run, LOADER, "recommend", "--profiles", input, "--url", url, "--alias",
                asked != NULL ? asked : alias, "--output", output, more, NULL);
    CU_ASSERT(run_says(&run, status, says, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
    return content_of(output);
}

/* ---- the same as one at a time ---- */

static void check_line(Recommender *recommender, guint number, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_number(number);
    g_autoptr(Ranking) ranking = recommender_rank(recommender, profile, number % 7 + 1, &error);
    g_autofree char *id = g_strdup_printf("p%u", number);
    g_auto(yajl_val) line = parse(text);
    gint64 at = 0;
    CU_ASSERT_PTR_NOT_NULL(ranking);
    if (line == NULL || ranking == NULL)
        return;
    CU_ASSERT(json_get_int(line, "line", &at) && at == (gint64)number + 1);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(line, "id"), id), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(line, "model_id"), ranking->model_id), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(line, "index"), ranking->index), 0);
    yajl_val movies = json_get(line, "movies");
    CU_ASSERT_EQUAL(json_array_length(movies), ranking->movies->len);
    for (guint i = 0; i < MIN(ranking->movies->len, json_array_length(movies)); i++) {
        const RankedMovie *expected = &g_array_index(ranking->movies, RankedMovie, i);
        yajl_val movie = json_array_get(movies, i);
        double score = 0;
        CU_ASSERT_EQUAL(g_strcmp0(json_get_string(movie, "movie"), expected->value), 0);
        CU_ASSERT(json_get_double(movie, "score", &score) && score == expected->score);
    }
}

static void test_same_as_one_at_a_time(void)
{
    const guint count = 350; /* several batches, the last one not full */
    g_autofree char *text = run_job(server_url(), count, "same.jsonl", NULL, 0, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    CU_ASSERT_EQUAL(g_strv_length(lines), count + 1);
    for (guint i = 0; i < MIN(count, g_strv_length(lines)); i++)
        check_line(recommender, i, lines[i]);
}

static void test_standard_streams(void)
{
    g_auto(Run) run = {0};
    g_autofree char *lines = lines_of(120);
    g_autofree char *input = put("streams.jsonl", lines);
    g_autofree char *expected = run_job(server_url(), 120, "streams.out", NULL, 0, NULL);
    g_autofree char *command =
        g_strdup_printf("\"$RECSYS_LOADER\" recommend --profiles - --url %s --alias %s < %s",
                        server_url(), alias, input);
    run_program(&run, "/bin/sh", "-c", command, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, expected);
}

static void test_large_sizes(void)
{
    g_auto(Run) run = {0};
    g_autofree char *input =
        put("sizes.jsonl", "{\"user\":1,\"size\":10000}\n{\"user\":2,\"size\":10000}\n"
                           "{\"user\":3,\"size\":1}\n{\"user\":4,\"size\":4999}\n{\"user\":5}");
    const guint expected[] = {150, 150, 1, 150, 10};
    run_program(&run, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_auto(GStrv) lines = g_strsplit(run.out, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), G_N_ELEMENTS(expected) + 1);
    for (guint i = 0; i < MIN(G_N_ELEMENTS(expected), g_strv_length(lines)); i++) {
        g_auto(yajl_val) line = parse(lines[i]);
        CU_ASSERT_EQUAL(json_array_length(json_get(line, "movies")), expected[i]);
    }
}

/* ---- errors of lines ---- */

static void test_errors_stay_in_their_lines(void)
{
    static const char *const cases[][2] = {
        {"{\"user\":1,\"id\":\"first\"}", NULL},
        {"{\"user\":4711,\"age\":18,\"id\":2.50}", "there is no user 4711"},
        {"{\"height\":1}", "there is no height in this release; known of people: user, age"},
        {"{\"age\":19}", "there is no age 19 in this release; known: "},
        {"", "the line is empty"},
        {"{\"age\":18", "not valid JSON"},
        {"{\"gender\":\"F\"}", NULL},
        {"{\"age\":18,\"age\":25}", "age is given twice"},
        {"{\"user\":3,\"size\":1}", NULL},
    };
    g_auto(Run) run = {0};
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_string_append_printf(text, "%s\n", cases[i][0]);
    g_autofree char *input = put("errors.jsonl", text->str);
    run_program(&run, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 2, "6 of 9 profiles have an error", NULL));
    g_auto(GStrv) lines = g_strsplit(run.out, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), G_N_ELEMENTS(cases) + 1);
    for (guint i = 0; i < MIN(G_N_ELEMENTS(cases), g_strv_length(lines)); i++) {
        g_auto(yajl_val) line = parse(lines[i]);
        const char *error = json_get_string(line, "error");
        gint64 number = 0;
        CU_ASSERT(json_get_int(line, "line", &number) && number == i + 1);
        CU_ASSERT_PTR_NOT_NULL(json_get_string(line, "model_id"));
        CU_ASSERT_EQUAL(error == NULL, cases[i][1] == NULL);
        CU_ASSERT_EQUAL(json_get(line, "movies") != NULL, cases[i][1] == NULL);
        CU_ASSERT(cases[i][1] == NULL || (error != NULL && strstr(error, cases[i][1]) != NULL));
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(lines[1], "\"id\":2.50,"));
}

static void test_cold_start(void)
{
    g_auto(Run) run = {0};
    g_autofree char *input =
        put("cold.jsonl", "{\"user\":4711,\"age\":18}\n{\"user\":4711}\n{\"age\":18}\n");
    run_program(&run, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--cold-start", NULL);
    CU_ASSERT(run_says(&run, 2, "1 of 3 profiles", NULL));
    g_auto(GStrv) lines = g_strsplit(run.out, "\n", -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(lines[0], "\"left_out\":\"user 4711\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines[1], "no metadata to fall back to"));
    const char *first = strstr(lines[0], "\"movies\""), *third = strstr(lines[2], "\"movies\"");
    CU_ASSERT_EQUAL(g_strcmp0(first, third), 0);
}

/* What concerns all lines ends the job at once. */
static void test_wrong_for_all(void)
{
    g_auto(Run) run = {0};
    g_autofree char *input = put("all.jsonl", "{\"user\":1}\n{\"user\":2}\n");
    run_program(&run, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--filter", "{\"no_such_query\":{}}", NULL);
    CU_ASSERT(run_says(&run, 4, "no_such_query", NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
    run_program(&run, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--genre", "Comdy", NULL);
    CU_ASSERT(run_says(&run, 1, "the genre Comdy is unknown", NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
    run_program(&run, LOADER, "recommend", "--profiles", input, "--user", "1", NULL);
    CU_ASSERT(run_says(&run, 1, "either --profiles or", NULL));
    const char *const flights[] = {"0", "-1", "17"};
    for (guint i = 0; i < G_N_ELEMENTS(flights); i++) {
        run_program(&run, LOADER, "recommend", "--profiles", input, "--in-flight", flights[i],
                    NULL);
        CU_ASSERT(run_says(&run, 1, "--in-flight must be 1 to 16", NULL));
    }
    run_program(&run, LOADER, "recommend", "--user", "1", "--in-flight", "0", NULL);
    CU_ASSERT(run_says(&run, 1, "--in-flight are of --profiles only", NULL));
    run_program(&run, LOADER, "recommend", "--user", "1", "--knn", "--candidates", "0", NULL);
    CU_ASSERT(run_says(&run, 1, "--candidates must be --size at least", NULL));
    run_program(&run, LOADER, "recommend", "--profiles", input, "--resume", NULL);
    CU_ASSERT(run_says(&run, 1, "--output names it", NULL));
    run_program(&run, LOADER, "recommend", "--profiles", "/no/such/file", "--url", server_url(),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 2, "/no/such/file", NULL));
}

/* ---- what each has seen ---- */

/* The rows of every user, several movies each but for user 3; users 1 and 2 in more rows. */
static char *put_ratings(const char *name)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint user = 1; user <= USERS; user++)
        for (guint movie = 1; movie <= 150 && user != 3; movie += user % 9 + 1)
            g_string_append_printf(text, "%u::%u::3::1\n", user, movie);
    return put(name, text->str);
}

static char *movies_of(const char *json)
{
    const char *at = strstr(json, "\"movies\":");
    return g_strndup(at != NULL ? at : "", at != NULL ? strcspn(at, "\n") : 0);
}

static void test_seen_by_each(void)
{
    g_auto(Run) many = {0};
    g_autofree char *ratings = put_ratings("seen.dat"), *list = put("list.txt", "movie_2\n5\n");
    g_autofree char *input = put("seen.jsonl", "{\"user\":1}\n{\"user\":2,\"size\":150}\n"
                                               "{\"user\":5,\"age\":18}\n{\"user\":3}\n");
    const char *const users[] = {"1", "2", "5", "3"};
    run_program(&many, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--exclude-seen", ratings, "--exclude-seen", list, NULL);
    CU_ASSERT(run_says(&many, 0, "1 of the users asked for now have no ratings", NULL));
    g_auto(GStrv) lines = g_strsplit(many.out, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), G_N_ELEMENTS(users) + 1);
    for (guint i = 0; i < MIN(G_N_ELEMENTS(users), g_strv_length(lines)); i++) {
        g_auto(Run) one = {0};
        run_program(&one, LOADER, "recommend", "--user", users[i], "--url", server_url(), "--alias",
                    alias, "--exclude-seen", ratings, "--exclude-seen", list, "--json", "--size",
                    i == 1 ? "150" : "10", i == 2 ? "--age" : NULL, "18", NULL);
        CU_ASSERT(run_says(&one, 0, "\"rank\":1,", NULL));
        g_autofree char *expected = movies_of(one.out), *found = movies_of(lines[i]);
        CU_ASSERT_STRING_EQUAL(found, expected);
    }
}

/* Profiles without a user are answered as ever. */
static void test_seen_by_nobody(void)
{
    g_auto(Run) plain = {0}, with = {0};
    g_autofree char *ratings = put_ratings("nobody.dat");
    g_autofree char *input = put("nobody.jsonl", "{\"age\":18}\n");
    run_program(&plain, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, NULL);
    run_program(&with, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--exclude-seen", ratings, NULL);
    CU_ASSERT(run_says(&with, 0, NULL));
    g_autofree char *expected = movies_of(plain.out), *found = movies_of(with.out);
    CU_ASSERT_STRING_EQUAL(found, expected);
    CU_ASSERT_PTR_NULL(strstr(with.err, "of the users"));
}

/* Whatever ids a file has of the same movies; those that the release does not have do nothing. */
static void test_seen_by_other_names(void)
{
    g_auto(Run) own = {0}, other = {0};
    g_autofree char *ids = put("own.csv", "user,movie\n1,5\n1,7\n2,9\n");
    g_autofree char *documents =
        put("documents.csv", "user,movie\n1,movie_5\n1,7\n1,nope\n2,movie_9\n2,movie_nope\n");
    g_autofree char *input =
        put("names.jsonl", "{\"user\":1,\"size\":150}\n{\"user\":2,\"size\":150}\n");
    run_program(&own, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--exclude-seen", ids, NULL);
    run_program(&other, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--exclude-seen", documents, "--exclude", "nope,movie_8", NULL);
    CU_ASSERT(run_says(&own, 0, NULL));
    CU_ASSERT(run_says(&other, 0, "2 of the 5 movies that somebody has seen are not",
                       "1 of the 2 movies to exclude is not in this release: nope", NULL));
    g_auto(GStrv) lines = g_strsplit(other.out, "\n", -1);
    const guint left[] = {147, 148};
    CU_ASSERT_EQUAL(g_strv_length(lines), 3);
    for (guint i = 0; i < 2 && g_strv_length(lines) == 3; i++) {
        g_auto(yajl_val) line = parse(lines[i]);
        CU_ASSERT_EQUAL(json_array_length(json_get(line, "movies")), left[i]);
        CU_ASSERT_PTR_NULL(strstr(lines[i], "\"movie\":\"8\""));
        CU_ASSERT_PTR_NULL(strstr(lines[i], i == 0 ? "\"movie\":\"5\"" : "\"movie\":\"9\""));
    }
}

/* ---- how much is sent at a time ---- */

static void forward_and_measure(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    gsize *most = data;
    if (strstr(request->path, "_msearch") != NULL)
        *most = MAX(*most, request->body->len);
    fake_forward(server_url(), request, answer);
}

static gsize most_sent(guint profiles, const char *option, const char *value)
{
    gsize most = 0;
    g_autofree char *lines = lines_of(profiles), *input = put("long.jsonl", lines);
    g_autoptr(FakeServer) server = fake_server_start(forward_and_measure, &most);
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "recommend", "--profiles", input, "--url", fake_server_url(server),
                "--alias", alias, option, value, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_auto(GStrv) answers = g_strsplit(run.out, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(answers), profiles + 1);
    return most;
}

static void test_long_filters(void)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 1; i <= 20000; i++)
        g_string_append_printf(list, "%u\n", i * 7);
    g_autofree char *path = put("many.txt", list->str);
    const gsize known = most_sent(40, "--exclude", "7,14,21"),
                unknown = most_sent(40, "--exclude-seen", path);
    CU_ASSERT(unknown < known + 40 * 150 * strlen("\"100\","));
    g_string_assign(list, "{\"terms\":{\"year\":[1990");
    for (guint i = 0; i < 20000; i++)
        g_string_append_printf(list, ",%u", 1900 + i % 200);
    g_string_append(list, "]}}");
    const gsize most = most_sent(100, "--filter", list->str);
    CU_ASSERT(most > RECOMMEND_BATCH_BYTES / 2);
    CU_ASSERT(most < RECOMMEND_BATCH_BYTES + 100 * 1000);
}

/* ---- nothing ---- */

static void test_nothing(void)
{
    g_auto(Run) run = {0};
    g_autofree char *none = put("none.jsonl", ""), *output = in_directory("none.out");
    run_program(&run, LOADER, "recommend", "--profiles", none, "--url", server_url(), "--alias",
                alias, "--output", output, NULL);
    CU_ASSERT(run_says(&run, 2, "none.jsonl is empty: there is nobody", NULL));
    CU_ASSERT_FALSE(g_file_test(output, G_FILE_TEST_EXISTS));
    g_autofree char *some = put("some.jsonl", "{\"user\":1}\n{\"age\":19}\n{\"user\":2}\n");
    for (guint i = 0; i < 2; i++) { /* the second time there is nothing left to do */
        run_program(&run, LOADER, "recommend", "--profiles", some, "--url", server_url(), "--alias",
                    alias, "--years", "1700", "--output", output, "--resume", NULL);
        CU_ASSERT(run_says(&run, 2, "2 of 3 profiles have no movies: none passes the filters.\n",
                           "1 of 3 profiles have an error", NULL));
    }
}

/* ---- going on ---- */

static void test_resume(void)
{
    const guint count = 230;
    g_autofree char *full = run_job(server_url(), count, "full.jsonl", NULL, 0, NULL);
    const gsize cuts[] = {0, 10, strlen(full) / 2, strlen(full) - 1, strlen(full)};
    for (guint i = 0; i < G_N_ELEMENTS(cuts); i++) {
        g_autofree char *part = g_strndup(full, cuts[i]);
        g_free(put("part.jsonl", part));
        g_autofree char *text = run_job(server_url(), count, "part.jsonl", "--resume", 0, NULL);
        CU_ASSERT_STRING_EQUAL(text, full);
    }
    g_autofree char *anew = run_job(server_url(), count, "anew.jsonl", "--resume", 0, NULL);
    CU_ASSERT_STRING_EQUAL(anew, full);
    g_autofree char *again = run_job(server_url(), count, "full.jsonl", NULL, 1, "--resume");
    CU_ASSERT_STRING_EQUAL(again, full);
}

static void check_not_resumed(const char *text, guint count, const char *why)
{
    g_free(put("other.jsonl", text));
    g_autofree char *after = run_job(server_url(), count, "other.jsonl", "--resume", 2, why);
    CU_ASSERT_STRING_EQUAL(after, text);
}

static void test_resume_of_something_else(void)
{
    g_autofree char *full = run_job(server_url(), 50, "mine.jsonl", NULL, 0, NULL);
    g_autofree char *cut = g_strndup(full, strlen(full) - 5);
    check_not_resumed("something else\n", 50, "is not line 1 of such a job");
    check_not_resumed("precious text, no newline", 50, "is not the beginning of a line");
    check_not_resumed("{\"user\":42}", 50, "is not the beginning of a line");
    g_autofree char *followed = g_strconcat(full, "my own notes", NULL);
    check_not_resumed(followed, 60, "\"my own notes\" after its 50 whole lines");
    check_not_resumed(full, 40, "profiles.jsonl only 40");
    g_free(release(paths[1], alias));
    check_not_resumed(cut, 50, "is of model");
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "rollback", "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_free(put("mine.jsonl", cut));
    g_autofree char *text = run_job(server_url(), 50, "mine.jsonl", "--resume", 0, NULL);
    CU_ASSERT_STRING_EQUAL(text, full);
}

/* Neither by its name nor through standard output are answers added to the questions. */
static void test_output_is_input(void)
{
    const char *text = "{\"user\":1}\n{\"user\":2}";
    g_auto(Run) named = {0}, printed = {0};
    g_autofree char *input = put("both.jsonl", text);
    run_program(&named, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--output", input, "--resume", NULL);
    CU_ASSERT(run_says(&named, 1, "both.jsonl is read, so it cannot be written too", NULL));
    g_autofree char *command =
        g_strdup_printf("exec \"$%s\" recommend --profiles %s --url %s --alias %s >>%s", LOADER,
                        input, server_url(), alias, input);
    run_program(&printed, "/bin/sh", "-c", command, NULL);
    CU_ASSERT(run_says(&printed, 1, "cannot be written too", NULL));
    g_autofree char *after = content_of(input);
    CU_ASSERT_STRING_EQUAL(after, text);
}

/* Lines that did not get to the disk are not counted. */
static void test_full_disk(void)
{
    g_auto(Run) run = {0};
    g_autofree char *lines = lines_of(120), *input = put("full-disk.jsonl", lines);
    run_program(&run, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--output", "/dev/full", "--resume", NULL);
    CU_ASSERT(run_says(&run, 2, "/dev/full has 0 lines so far", NULL));
}

/* Of 40 profiles, whatever else is asked for: a file of 20 of them, gone on with by `options`. */
static void check_resumed(const char *part, const char *input, int status, const char *why,
                          const char *const options[3])
{
    g_auto(Run) run = {0};
    g_autofree char *output = put("question.jsonl", part);
    run_program(&run, LOADER, "recommend", "--profiles", input, "--url", server_url(), "--alias",
                alias, "--output", output, "--resume", options[0], options[1], options[2], NULL);
    CU_ASSERT(run_says(&run, status, why, NULL));
    g_autofree char *after = content_of(output);
    CU_ASSERT(status == 0 || strcmp(after, part) == 0);
}

static void test_resume_of_another_question(void)
{
    g_autofree char *ratings = put_ratings("question.dat");
    const char *const others[][3] = {{"--exclude-seen", ratings},
                                     {"--size", "11"},
                                     {"--cold-start"},
                                     {"--min-ratings", "2"},
                                     {"--years", "1990-"},
                                     {"--exclude", "7"},
                                     {"--filter", "{\"match_all\":{}}"},
                                     {"--no-genre", "Drama"},
                                     {NULL}};
    g_autofree char *full = run_job(server_url(), 40, "question.jsonl", "--cold-start", 0, NULL);
    g_autofree char *input = in_directory("profiles.jsonl");
    const char *end = strstr(full, "{\"line\":21,");
    CU_ASSERT_PTR_NOT_NULL(end);
    g_autofree char *part = g_strndup(full, (gsize)(end - full));
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        if (i != 2)
            check_resumed(part, input, 2, "it was asked with {size 10, cold start}, now",
                          others[i]);
    check_resumed(part, input, 0, NULL, others[2]);
    g_autofree char *lines = content_of(input);
    g_autofree char *changed = g_strdup_printf("%s%s", "{\"user\":9}\n", strchr(lines, '\n') + 1);
    g_autofree char *other = put("changed.jsonl", changed);
    check_resumed(part, other, 2, "it was made of other profiles", others[2]);
    g_auto(GStrv) parts = g_strsplit(part, "\"asked\"", -1);
    g_autofree char *old = g_strjoinv("\"earlier\"", parts);
    check_resumed(old, input, 2, "being made by an earlier version", others[2]);
}

/* The same model in another index, which may have other genres. */
static void test_resume_of_another_release(void)
{
    asked = g_strdup_printf("%s-anew", server_prefix());
    g_free(release(paths[0], asked));
    g_autofree char *full = run_job(server_url(), 5, "before.jsonl", NULL, 0, NULL);
    g_free(release(paths[0], asked));
    check_not_resumed(full, 5, "the live one is");
    g_clear_pointer(&asked, g_free);
}

static void test_errors_count_after_resuming(void)
{
    g_auto(Run) run = {0};
    g_autofree char *input = put("counted.jsonl", "{\"age\":19}\n{\"user\":2}\n");
    g_autofree char *output = in_directory("counted.out");
    for (guint i = 0; i < 2; i++) {
        run_program(&run, LOADER, "recommend", "--profiles", input, "--url", server_url(),
                    "--alias", alias, "--output", output, "--resume", NULL);
        CU_ASSERT(run_says(&run, 2, "1 of 2 profiles", NULL));
        run_clear(&run);
    }
}

static void test_interrupted(void)
{
    const guint count = 3000;
    g_auto(Run) run = {0};
    g_autofree char *full = run_job(server_url(), count, "unbroken.jsonl", NULL, 0, NULL);
    g_autofree char *input = in_directory("profiles.jsonl");
    g_autofree char *output = in_directory("broken.jsonl");
    run_interrupted(&run, SIGINT, 400 * 1000, LOADER, "recommend", "--profiles", input, "--url",
                    server_url(), "--alias", alias, "--output", output, NULL);
    CU_ASSERT(run.status == 130 || run.status == 0); /* the latter only on a very fast machine */
    g_autofree char *part = content_of(output);
    CU_ASSERT(is_whole(part));
    CU_ASSERT(g_str_has_prefix(full, part));
    g_autofree char *text = run_job(server_url(), count, "broken.jsonl", "--resume", 0, NULL);
    CU_ASSERT_STRING_EQUAL(text, full);
}

static void test_two_jobs(void)
{
    g_autofree char *path = put("held.jsonl", "");
    int held = open(path, O_RDWR);
    CU_ASSERT(held >= 0 && flock(held, LOCK_EX) == 0);
    g_autofree char *text = run_job(server_url(), 3, "held.jsonl", "--resume", 6, "another job");
    CU_ASSERT_STRING_EQUAL(text, "");
    close(held);
}

/* ---- answers that are not whole, or not there ---- */

typedef enum { PARTIAL, REFUSED_ITEMS, REFUSED, LOST, CALL } Fault;

typedef struct {
    Fault fault;
    guint times; /* how many _msearch requests meet with it */
    void (*call)(void);
    guint searches;
} Script;

static void spoil(const FakeRequest *request, FakeAnswer *answer)
{
    g_auto(GStrv) searches = g_strsplit(request->body->str, "{}\n", -1);
    g_autoptr(GString) text = g_string_new("{\"took\":1,\"responses\":[");
    for (guint i = 1; i < g_strv_length(searches); i++)
        g_string_append_printf(text,
                               "%s{\"error\":{\"type\":\"es_rejected_execution_exception\","
                               "\"reason\":\"queue is full\"},\"status\":429}",
                               i > 1 ? "," : "");
    g_string_append(text, "]}");
    g_string_assign(answer->body, text->str);
}

static void proxy(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Script *script = data;
    const gboolean is_search = strstr(request->path, "_msearch") != NULL;
    const gboolean spoilt = is_search && script->searches++ < script->times;
    if (spoilt && script->fault == CALL)
        script->call();
    if (spoilt && script->fault == LOST) {
        answer->hang_up = TRUE;
        return;
    }
    fake_forward(server_url(), request, answer);
    if (spoilt && script->fault == PARTIAL) {
        char *at = strstr(answer->body->str, "\"failed\":0");
        if (at != NULL)
            at[strlen("\"failed\":")] = '1';
    }
    if (spoilt && script->fault == REFUSED_ITEMS)
        spoil(request, answer);
    if (spoilt && script->fault == REFUSED)
        answer->status = 503;
}

static void test_faults_that_pass(void)
{
    const Fault faults[] = {PARTIAL, REFUSED_ITEMS, REFUSED, LOST};
    g_autofree char *expected = run_job(server_url(), 150, "expected.jsonl", NULL, 0, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
        Script script = {.fault = faults[i], .times = 3};
        g_autoptr(FakeServer) server = fake_server_start(proxy, &script);
        g_autofree char *name = g_strdup_printf("passing-%u.jsonl", i);
        g_autofree char *text = run_job(fake_server_url(server), 150, name, NULL, 0, NULL);
        CU_ASSERT_STRING_EQUAL(text, expected);
        CU_ASSERT(script.searches > 3);
    }
}

/* Two batches: of each the first search stays partial. Never a short list instead. */
static void test_partial_for_good(void)
{
    Script script = {.fault = PARTIAL, .times = G_MAXUINT};
    g_autoptr(FakeServer) server = fake_server_start(proxy, &script);
    g_autofree char *text =
        run_job(fake_server_url(server), 150, "partial.jsonl", NULL, 2, "2 of 150 profiles");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), 151);
    for (guint i = 0; i + 1 < g_strv_length(lines); i++) {
        const gboolean spoilt = i == 0 || i == 100;
        CU_ASSERT_EQUAL(strstr(lines[i], "partial") != NULL, spoilt);
        CU_ASSERT_EQUAL(strstr(lines[i], "\"movies\"") == NULL, spoilt);
    }
}

static void test_refused_for_good(void)
{
    Script script = {.fault = REFUSED, .times = G_MAXUINT};
    g_autoptr(FakeServer) server = fake_server_start(proxy, &script);
    g_autofree char *text = run_job(fake_server_url(server), 5, "refused.jsonl", NULL, 3, "503");
    CU_ASSERT_STRING_EQUAL(text, "");
}

/* ---- releases that change ---- */

static char *other_index;

static void begin_with_other(const char *suffix)
{
    asked = g_strdup_printf("%s-%s", server_prefix(), suffix);
    other_index = release(paths[0], asked);
}

static void end_with_other(void)
{
    g_clear_pointer(&asked, g_free);
    g_clear_pointer(&other_index, g_free);
}

static void move_alias(void)
{
    g_autofree char *index = release(paths[1], asked);
    CU_ASSERT(g_strcmp0(index, other_index) != 0);
}

static void delete_index(void)
{
    CU_ASSERT(server_do("DELETE", NULL, "/%s", other_index));
}

/* The job ends with the release it began with. */
static void test_alias_moves(void)
{
    begin_with_other("moving");
    Script script = {.fault = CALL, .times = 1, .call = move_alias};
    g_autoptr(FakeServer) server = fake_server_start(proxy, &script);
    g_autofree char *text = run_job(fake_server_url(server), 350, "moving.jsonl", NULL, 0, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *index = g_strdup_printf("\"index\":\"%s\"", other_index);
    CU_ASSERT_EQUAL(g_strv_length(lines), 351);
    CU_ASSERT(script.searches > 1);
    for (guint i = 0; i + 1 < g_strv_length(lines); i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(lines[i], index));
    end_with_other();
}

static void test_release_is_deleted(void)
{
    begin_with_other("deleted");
    Script script = {.fault = CALL, .times = 1, .call = delete_index};
    g_autoptr(FakeServer) server = fake_server_start(proxy, &script);
    g_autofree char *text =
        run_job(fake_server_url(server), 350, "deleted.jsonl", NULL, 7, "was deleted while");
    CU_ASSERT(is_whole(text));
    end_with_other();
}

/* A document of another model in the release: no answer at all from it. */
static void test_document_of_another_model(void)
{
    begin_with_other("mixed");
    CU_ASSERT(server_do("POST", "{\"doc\":{\"model_id\":\"000000000000\"}}",
                        "/%s/_update/user_3?refresh=true", other_index));
    g_autofree char *text =
        run_job(server_url(), 5, "mixed.jsonl", NULL, 5, "is of model 000000000000");
    CU_ASSERT_STRING_EQUAL(text, "");
    end_with_other();
}

static const UnitTest tests[] = {
    {"the same as one at a time", test_same_as_one_at_a_time},
    {"standard input and output", test_standard_streams},
    {"large sizes", test_large_sizes},
    {"errors stay in their lines", test_errors_stay_in_their_lines},
    {"cold start", test_cold_start},
    {"what is wrong for all lines", test_wrong_for_all},
    {"what each has seen", test_seen_by_each},
    {"nobody has seen anything", test_seen_by_nobody},
    {"seen by other names", test_seen_by_other_names},
    {"long filters", test_long_filters},
    {"nothing to do, nothing found", test_nothing},
    {"a file is gone on with", test_resume},
    {"a file of something else is not", test_resume_of_something_else},
    {"the output is not the input", test_output_is_input},
    {"a full disk", test_full_disk},
    {"a file of another question is not", test_resume_of_another_question},
    {"a file of another release is not", test_resume_of_another_release},
    {"errors count after resuming", test_errors_count_after_resuming},
    {"interrupted", test_interrupted},
    {"two jobs, one file", test_two_jobs},
    {"faults that pass", test_faults_that_pass},
    {"an answer that stays partial", test_partial_for_good},
    {"a server that stays busy", test_refused_for_good},
    {"the alias moves", test_alias_moves},
    {"the release is deleted", test_release_is_deleted},
    {"a document of another model", test_document_of_another_model},
    {NULL, NULL},
};

SERVER_MAIN("batch", tests, set_up)
