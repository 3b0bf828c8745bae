/* The feature table: what each row of the model's tensors is.
 *
 * A feature is one value of one type: user 42, movie 318, age 18, gender M. Its index, 0..n-1, is
 * its row in `bias` and `embeddings`. Types are plain strings, so that a data set with other user
 * features needs no change here; only "user" and "movie" have a meaning of their own: movies are
 * what is ranked. */
#pragma once

#include <glib.h>
#include <string.h>

#define FEATURE_USER "user"
#define FEATURE_MOVIE "movie"
#define FEATURE_AGE "age"
#define FEATURE_GENDER "gender"
#define FEATURE_OCCUPATION "occupation"

/* The most bytes that the id of an Elasticsearch document, TYPE_VALUE, can have. */
#define FEATURE_LONGEST_ID 512

/* TRUE if a value of `length` bytes is not too long for that. */
static inline gboolean feature_fits(const char *type, gsize length)
{
    return strlen(type) + 1 + length <= FEATURE_LONGEST_ID;
}

typedef struct {
    const char *type;
    const char *value;
    /* Movies only; otherwise NULL, NULL, 0, 0. */
    const char *title;
    const char **genres; /* NULL-terminated */
    int year;            /* 0: unknown */
    guint ratings;       /* how many ratings the data set has of it */
} Feature;

typedef struct FeatureTable FeatureTable;

/* What is known of a person besides who they are: for each attribute type the index of the value
 * they have, e.g. that of age 25. */
typedef struct {
    guint count;
    const guint32 *indices; /* [count], in the order of the types */
} Attributes;

FeatureTable *feature_table_new(void);

/* Another owner of the same table, which must not be added to any more; each owner frees it. */
FeatureTable *feature_table_ref(FeatureTable *table);
void feature_table_free(FeatureTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FeatureTable, feature_table_free)

/* Appends a feature and returns its index. `feature` and its strings are copied. A (type, value)
 * pair that is there already is RECSYS_ERROR_DATA. */
gboolean feature_table_add(FeatureTable *table, const Feature *feature, guint *index,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

guint feature_table_size(const FeatureTable *table);

/* The feature of a valid index; owned by the table. */
const Feature *feature_table_get(const FeatureTable *table, guint index);

/* TRUE and the index if the table has this value of this type. `index` may be NULL. */
gboolean feature_table_find(const FeatureTable *table, const char *type, const char *value,
                            guint *index);

/* The indices of all features of a type, in index order: guint elements; owned by the table; NULL
 * if there is none. */
const GArray *feature_table_of_type(const FeatureTable *table, const char *type);

/* The first index of a type, whose values must follow each other as in every data set, and how many
 * there are; 0 and 0 if there is none. */
guint feature_table_first(const FeatureTable *table, const char *type, guint *count);

/* The types in order of their first appearance: const char *; owned by the table. */
const GPtrArray *feature_table_types(const FeatureTable *table);

/* Sets a user's attributes; each is a feature of the table that is neither user nor movie, one of a
 * type. `indices` [count] is copied. */
void feature_table_set_attributes(FeatureTable *table, guint user, const guint32 *indices,
                                  guint count);

/* A feature's attributes; none (count 0) unless it is a user that has some. */
Attributes feature_table_attributes(const FeatureTable *table, guint index);

/* "1, 18, 25, …": the first values of a type, for messages about an unknown one. */
char *feature_table_describe_values(const FeatureTable *table, const char *type);
