#include "movielens.h"

#include <string.h>

#include "recsys_error.h"

#define SEPARATOR "::"
#define ROW_FIELDS 5 /* user, movie, age, gender, occupation */

/* ---- lines and fields ---- */

typedef struct {
    char *path;
    GMappedFile *file;
    const char *at;
    const char *end;
    guint number; /* of the current line, from 1 */
    const char *line;
    gsize length;
} Lines;

typedef struct {
    const char *text; /* not NUL-terminated */
    gsize length;
} Field;

static void lines_close(Lines *lines)
{
    g_free(lines->path);
    if (lines->file != NULL)
        g_mapped_file_unref(lines->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lines, lines_close)

static gboolean lines_open(Lines *lines, const char *directory, const char *name, GError **error)
{
    lines->path = g_build_filename(directory, name, NULL);
    lines->file = g_mapped_file_new(lines->path, FALSE, error);
    if (lines->file == NULL) {
        g_prefix_error(error, "%s needs users.dat, movies.dat and ratings.dat: ", directory);
        return FALSE;
    }
    gsize size = g_mapped_file_get_length(lines->file);
    lines->at = g_mapped_file_get_contents(lines->file);
    lines->end = lines->at + size;
    if (size == 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s is empty", lines->path);
        return FALSE;
    }
    if (lines->end[-1] != '\n') {
        g_set_error(
            error, RECSYS_ERROR, RECSYS_ERROR_DATA,
            "%s does not end with a line end, so it was probably cut: fetch it again, or add "
            "the line end if its last line is whole",
            lines->path);
        return FALSE;
    }
    return TRUE;
}

/* FALSE at the end of the file. */
static gboolean lines_next(Lines *lines)
{
    if (lines->at == lines->end)
        return FALSE;
    const char *stop = memchr(lines->at, '\n', (gsize)(lines->end - lines->at));
    lines->line = lines->at;
    lines->length = (gsize)(stop - lines->at);
    if (lines->length > 0 && stop[-1] == '\r')
        lines->length--;
    lines->at = stop + 1;
    lines->number++;
    return TRUE;
}

static char *to_utf8(const char *text, gsize length)
{
    if (g_utf8_validate(text, (gssize)length, NULL))
        return g_strndup(text, length);
    return g_convert(text, (gssize)length, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
}

static gboolean bad_line(const Lines *lines, const char *expected, GError **error)
{
    g_autofree char *text = to_utf8(lines->line, MIN(lines->length, 100));
    g_autofree char *shown = g_strescape(text, NULL);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s:%u: expected %s, found \"%s\"",
                lines->path, lines->number, expected, shown);
    return FALSE;
}

/* Splits the current line into exactly `count` fields. */
static gboolean split(const Lines *lines, Field *fields, guint count)
{
    const char *at = lines->line;
    const char *end = lines->line + lines->length;
    for (guint i = 0; i < count; i++) {
        const char *stop = memmem(at, (gsize)(end - at), SEPARATOR, strlen(SEPARATOR));
        if ((stop == NULL) != (i == count - 1))
            return FALSE;
        fields[i] = (Field){at, (gsize)((stop != NULL ? stop : end) - at)};
        at = stop != NULL ? stop + strlen(SEPARATOR) : end;
    }
    return TRUE;
}

static gboolean parse_number(Field field, guint *number)
{
    guint64 value = 0;
    if (field.length == 0 || field.length > 10)
        return FALSE;
    for (gsize i = 0; i < field.length; i++) {
        if (!g_ascii_isdigit(field.text[i]))
            return FALSE;
        value = value * 10 + (guint64)(field.text[i] - '0');
    }
    *number = (guint)value;
    return value <= G_MAXUINT32;
}

/* ---- the three files ---- */

typedef struct {
    guint id;
    guint ratings;
    guint index; /* feature index, once features are numbered */
    guint age, occupation;
    char gender[2];
} User;

typedef struct {
    guint id;
    guint ratings;
    guint index;
    int year;
    char *title;
    char **genres;
} Movie;

static void movie_clear(gpointer data)
{
    Movie *movie = data;
    g_free(movie->title);
    g_strfreev(movie->genres);
}

typedef struct {
    guint user, movie; /* positions in the tables below */
    float rating;
} Rating;

typedef struct {
    GArray *users;       /* User */
    GArray *movies;      /* Movie */
    GArray *ratings;     /* Rating */
    GHashTable *user_at; /* id -> position + 1 */
    GHashTable *movie_at;
} Files;

static void files_clear(Files *files)
{
    g_array_unref(files->users);
    g_array_unref(files->movies);
    g_array_unref(files->ratings);
    g_hash_table_unref(files->user_at);
    g_hash_table_unref(files->movie_at);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Files, files_clear)

static Files files_new(void)
{
    Files files = {
        .users = g_array_new(FALSE, FALSE, sizeof(User)),
        .movies = g_array_new(FALSE, FALSE, sizeof(Movie)),
        .ratings = g_array_new(FALSE, FALSE, sizeof(Rating)),
        .user_at = g_hash_table_new(NULL, NULL),
        .movie_at = g_hash_table_new(NULL, NULL),
    };
    g_array_set_clear_func(files.movies, movie_clear);
    return files;
}

/* Remembers where an id is; FALSE with an error if it was there before. */
static gboolean enter(GHashTable *at, guint id, guint position, const Lines *lines, GError **error)
{
    if (g_hash_table_insert(at, GUINT_TO_POINTER(id), GUINT_TO_POINTER(position + 1)))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s:%u: id %u is there for the second time",
                lines->path, lines->number, id);
    return FALSE;
}

static gboolean read_users(const char *directory, Files *files, GError **error)
{
    const char *expected = "UserID::Gender::Age::Occupation::Zip-code with gender M or F";
    g_auto(Lines) lines = {0};
    if (!lines_open(&lines, directory, "users.dat", error))
        return FALSE;
    while (lines_next(&lines)) {
        Field f[5];
        User user = {0};
        if (!split(&lines, f, 5) || !parse_number(f[0], &user.id) || f[1].length != 1 ||
            (f[1].text[0] != 'M' && f[1].text[0] != 'F') || !parse_number(f[2], &user.age) ||
            !parse_number(f[3], &user.occupation))
            return bad_line(&lines, expected, error);
        user.gender[0] = f[1].text[0];
        if (!enter(files->user_at, user.id, files->users->len, &lines, error))
            return FALSE;
        g_array_append_val(files->users, user);
    }
    return TRUE;
}

/* The year of "Title (1995)", or 0. */
static int year_of_title(const char *title)
{
    gsize length = strlen(title);
    if (length < 6 || title[length - 6] != '(' || title[length - 1] != ')')
        return 0;
    guint year = 0;
    return parse_number((Field){title + length - 5, 4}, &year) ? (int)year : 0;
}

static gboolean read_movies(const char *directory, Files *files, GError **error)
{
    g_auto(Lines) lines = {0};
    if (!lines_open(&lines, directory, "movies.dat", error))
        return FALSE;
    while (lines_next(&lines)) {
        Field f[3];
        Movie movie = {0};
        if (!split(&lines, f, 3) || !parse_number(f[0], &movie.id) || f[1].length == 0)
            return bad_line(&lines, "MovieID::Title::Genre|Genre", error);
        if (!enter(files->movie_at, movie.id, files->movies->len, &lines, error))
            return FALSE;
        g_autofree char *genres = to_utf8(f[2].text, f[2].length);
        movie.title = to_utf8(f[1].text, f[1].length);
        movie.genres = g_strsplit(genres, "|", -1);
        movie.year = year_of_title(movie.title);
        g_array_append_val(files->movies, movie);
    }
    return TRUE;
}

/* The position of an id named by a rating; FALSE with an error if no file lists it. */
static gboolean look_up(GHashTable *at, guint id, const char *what, const Lines *lines,
                        guint *position, GError **error)
{
    guint found = GPOINTER_TO_UINT(g_hash_table_lookup(at, GUINT_TO_POINTER(id)));
    *position = found - 1;
    if (found == 0)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s:%u: %s %u is not in %ss.dat: was that file cut?", lines->path,
                    lines->number, what, id, what);
    return found > 0;
}

static gboolean read_ratings(const char *directory, Files *files, GError **error)
{
    const char *expected = "UserID::MovieID::Rating::Timestamp with a rating of 1 to 5";
    g_auto(Lines) lines = {0};
    if (!lines_open(&lines, directory, "ratings.dat", error))
        return FALSE;
    while (lines_next(&lines)) {
        Field f[4];
        Rating row;
        guint user, movie, rating, timestamp;
        if (!split(&lines, f, 4) || !parse_number(f[0], &user) || !parse_number(f[1], &movie) ||
            !parse_number(f[2], &rating) || rating < 1 || rating > 5 ||
            !parse_number(f[3], &timestamp))
            return bad_line(&lines, expected, error);
        if (!look_up(files->user_at, user, "user", &lines, &row.user, error) ||
            !look_up(files->movie_at, movie, "movie", &lines, &row.movie, error))
            return FALSE;
        row.rating = (float)rating;
        g_array_index(files->users, User, row.user).ratings++;
        g_array_index(files->movies, Movie, row.movie).ratings++;
        g_array_append_val(files->ratings, row);
    }
    return TRUE;
}

/* ---- features ---- */

static int compare_numbers(gconstpointer a, gconstpointer b)
{
    guint x = *(const guint *)a, y = *(const guint *)b;
    return (x > y) - (x < y);
}

static gboolean add_number(FeatureTable *table, const char *type, guint number, guint *index,
                           GError **error)
{
    char value[16];
    g_snprintf(value, sizeof value, "%u", number);
    return feature_table_add(table, &(Feature){.type = type, .value = value}, index, error);
}

/* The positions of the rows whose `ratings` is not 0, sorted by id. Both User and Movie begin with
 * id and ratings. */
static GArray *rated_by_id(const GArray *rows, GHashTable *at)
{
    guint size = g_array_get_element_size((GArray *)rows);
    GArray *positions = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < rows->len; i++) {
        const guint *row = (const guint *)(gconstpointer)(rows->data + (gsize)i * size);
        if (row[1] > 0)
            g_array_append_val(positions, row[0]);
    }
    g_array_sort(positions, compare_numbers);
    for (guint i = 0; i < positions->len; i++) {
        guint *id = &g_array_index(positions, guint, i);
        *id = GPOINTER_TO_UINT(g_hash_table_lookup(at, GUINT_TO_POINTER(*id))) - 1;
    }
    return positions;
}

static gboolean add_users_and_movies(FeatureTable *table, Files *files, GError **error)
{
    g_autoptr(GArray) users = rated_by_id(files->users, files->user_at);
    for (guint i = 0; i < users->len; i++) {
        User *user = &g_array_index(files->users, User, g_array_index(users, guint, i));
        if (!add_number(table, FEATURE_USER, user->id, &user->index, error))
            return FALSE;
    }
    g_autoptr(GArray) movies = rated_by_id(files->movies, files->movie_at);
    for (guint i = 0; i < movies->len; i++) {
        Movie *movie = &g_array_index(files->movies, Movie, g_array_index(movies, guint, i));
        char value[16];
        g_snprintf(value, sizeof value, "%u", movie->id);
        Feature feature = {
            .type = FEATURE_MOVIE,
            .value = value,
            .title = movie->title,
            .genres = (const char **)movie->genres,
            .year = movie->year,
            .ratings = movie->ratings,
        };
        if (!feature_table_add(table, &feature, &movie->index, error))
            return FALSE;
    }
    return TRUE;
}

/* Adds the distinct values, sorted, of a user attribute at `offset` in User. */
static gboolean add_attribute(FeatureTable *table, const char *type, const GArray *users,
                              gsize offset, GError **error)
{
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < users->len; i++) {
        const User *user = &g_array_index(users, User, i);
        if (user->ratings > 0)
            g_array_append_vals(values, (const char *)user + offset, 1);
    }
    g_array_sort(values, compare_numbers);
    for (guint i = 0; i < values->len; i++) {
        guint value = g_array_index(values, guint, i);
        if (i > 0 && value == g_array_index(values, guint, i - 1))
            continue;
        if (!add_number(table, type, value, NULL, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean add_genders(FeatureTable *table, const GArray *users, GError **error)
{
    const char *genders[] = {"F", "M"};
    for (guint g = 0; g < G_N_ELEMENTS(genders); g++) {
        gboolean occurs = FALSE;
        for (guint i = 0; i < users->len && !occurs; i++) {
            const User *user = &g_array_index(users, User, i);
            occurs = user->ratings > 0 && user->gender[0] == genders[g][0];
        }
        Feature feature = {.type = FEATURE_GENDER, .value = genders[g]};
        if (occurs && !feature_table_add(table, &feature, NULL, error))
            return FALSE;
    }
    return TRUE;
}

static FeatureTable *number_features(Files *files, GError **error)
{
    g_autoptr(FeatureTable) table = feature_table_new();
    if (!add_users_and_movies(table, files, error) ||
        !add_attribute(table, FEATURE_AGE, files->users, G_STRUCT_OFFSET(User, age), error) ||
        !add_genders(table, files->users, error) ||
        !add_attribute(table, FEATURE_OCCUPATION, files->users, G_STRUCT_OFFSET(User, occupation),
                       error))
        return NULL;
    return g_steal_pointer(&table);
}

static guint32 index_of(const FeatureTable *table, const char *type, const char *value)
{
    guint index = 0;
    gboolean found = feature_table_find(table, type, value, &index);
    g_assert(found); /* every attribute of a rated user was added above */
    return index;
}

/* A user's features as a row has them: [F] with the movie left open at 1. */
static void fill_user_features(const FeatureTable *table, const User *user, guint32 *row)
{
    char age[16], occupation[16];
    g_snprintf(age, sizeof age, "%u", user->age);
    g_snprintf(occupation, sizeof occupation, "%u", user->occupation);
    row[0] = user->index;
    row[2] = index_of(table, FEATURE_AGE, age);
    row[3] = index_of(table, FEATURE_GENDER, user->gender);
    row[4] = index_of(table, FEATURE_OCCUPATION, occupation);
}

static void fill_rows(Dataset *dataset, const Files *files)
{
    const guint fields = dataset->fields;
    g_autofree guint32 *users = g_new0(guint32, (gsize)files->users->len * fields);
    for (guint i = 0; i < files->users->len; i++) {
        const User *user = &g_array_index(files->users, User, i);
        if (user->ratings > 0)
            fill_user_features(dataset->table, user, users + (gsize)i * fields);
    }
    for (guint i = 0; i < dataset->rows; i++) {
        const Rating *rating = &g_array_index(files->ratings, Rating, i);
        guint32 *row = dataset->features + (gsize)i * fields;
        memcpy(row, users + (gsize)rating->user * fields, fields * sizeof *row);
        row[1] = g_array_index(files->movies, Movie, rating->movie).index;
        dataset->ratings[i] = rating->rating;
    }
}

Dataset *movielens_read(const char *directory, GError **error)
{
    g_auto(Files) files = files_new();
    if (!read_users(directory, &files, error) || !read_movies(directory, &files, error) ||
        !read_ratings(directory, &files, error))
        return NULL;
    FeatureTable *table = number_features(&files, error);
    if (table == NULL)
        return NULL;
    Dataset *dataset = dataset_new(directory, files.ratings->len, ROW_FIELDS, table);
    fill_rows(dataset, &files);
    return dataset;
}
