/* Reads one page of documents as it stands in an answer (answer_reader.h): a page of a thousand
 * documents has more than a hundred thousand numbers. */
#pragma once

#include <glib.h>

/* The fields of a document that are text or a number. */
typedef enum {
    HIT_FEATURE_TYPE,
    HIT_VALUE,
    HIT_MODEL_ID,
    HIT_TITLE,
    HIT_FEATURE_INDEX,
    HIT_YEAR,
    HIT_RATINGS,
    HIT_BIAS,
    HIT_FIELDS,
} HitField;

const char *hit_field_name(HitField field);

/* Owned by the reader; valid during the call that gets it. */
typedef struct {
    const char *id;                 /* NULL: it has none */
    const char *text[HIT_FIELDS];   /* of _source: a string, or a number as it is written; NULL: it
                                       is absent, or neither of the two */
    gboolean is_number[HIT_FIELDS]; /* or a string */
    gboolean
        is_strange[HIT_FIELDS]; /* it is there in a form that no document has: an array, null … */
    const GPtrArray *genres;    /* const char *; of _source */
    const GPtrArray *attributes; /* the same */
    gboolean has_strange_genres; /* no array, or one of something else than texts */
    gboolean has_strange_attributes;
    const char *routing;     /* that it is indexed under, NULL: none, as it must be */
    const char *unknown;     /* a field of _source that no document has, or NULL */
    const char *stored_bias; /* of the doc values, as it is written, or NULL */
    const float *vector;     /* [k]: of the doc values; undefined unless has_vector */
    guint values;            /* components that the stored vector has, 0: no vector */
    gboolean has_vector;     /* k of them, all finite */
} Hit;

gboolean hit_get_int(const Hit *hit, HitField field, gint64 *value);
gboolean hit_get_double(const char *text, double *value);

/* FALSE with `error` set ends the reading. */
typedef gboolean (*HitHandler)(const Hit *hit, gpointer data, GError **error);

typedef struct {
    guint hits;
    char *after;  /* JSON: the last hit's sort values, where the next page begins; NULL: none */
    char *pit_id; /* of the point in time from now on; NULL: it says none */
} SearchPage;

void search_page_clear(SearchPage *page);

/* The number in `after` where pages are sorted by one whole number, as by _shard_doc. */
gboolean search_page_read_after(const char *after, gint64 *number);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SearchPage, search_page_clear)

/* Reads the answer to a search with `embedding` and `bias` as docvalue_fields, the former as an
 * array or in base64 (big-endian float32). Errors: RECSYS_ERROR_INCONCLUSIVE if the answer is
 * partial; RECSYS_ERROR_REFUSED if it is no such answer; the handler's. An answer's being partial
 * may show after some of its hits. */
gboolean search_page_read(SearchPage *page, const GString *text, guint k, HitHandler handler,
                          gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
