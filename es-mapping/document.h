/* One document per feature: its id, its JSON, and its vector as an answer has it. */
#pragma once

#include "release_meta.h"

/* For approximate search (`release --knn`), movies have one more field: their vector with the bias
 * as one more dimension, (v_m, w_m) [k + 1], indexed for the maximum inner product. The query is
 * (q, 1), so that the inner product is the movie's score. A server takes at most 4096 dimensions.
 */
#define KNN_FIELD "knn_vector"
#define KNN_MOST_FACTORS 4095

/* That vector of movie `index`, to vector [k + 1]. */
void document_knn_vector(float *vector, const Bundle *bundle, guint index);

/* The `_id` of feature `index` of a bundle. */
char *document_id(const Bundle *bundle, DocIds doc_ids, guint index);

/* RECSYS_ERROR_DATA if two features would share an `_id`, as value b_c of type a and value c of
 * type a_b do. */
gboolean document_ids_check(const Bundle *bundle, DocIds doc_ids,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if a user of the bundle has attributes (feature_table.h): only then the index has a field
 * for them, ATTRIBUTES_FIELD, in which users have the `_id`s of theirs, in their order. */
#define ATTRIBUTES_FIELD "attributes"
gboolean document_have_attributes(const Bundle *bundle);

/* Writes the document's source. The bias has all digits of the float32, so that the `double` field
 * holds exactly its value. */
void document_put(yajl_gen json, const Bundle *bundle, DocIds doc_ids, guint index);

typedef enum {
    VECTORS_AS_DECIMALS, /* an array of numbers: every server understands it */
    VECTORS_AS_BASE64,   /* float32, big-endian, in base64: half the size, if the server takes it */
} VectorForm;

/* Appends the two lines of a bulk request that index the document: the same document as that of
 * document_put(), written straight into the text, because all time goes there. */
void document_append_bulk(GString *text, const Bundle *bundle, DocIds doc_ids, VectorForm form,
                          guint index);

/* The same with KNN_FIELD, if it is a movie. */
void document_append_bulk_knn(GString *text, const Bundle *bundle, DocIds doc_ids, VectorForm form,
                              guint index);

/* TRUE for the few documents (ages, genders, occupations) whose vectors any client reads, those
 * written against the original post among them. A vector is returned as it was sent, so these are
 * always sent as decimals. */
gboolean document_is_read_by_others(const Bundle *bundle, guint index);

/* Reads an array of exactly k numbers, or k big-endian float32 in base64, into vector [k]. */
gboolean document_read_vector(float *vector, guint k, yajl_val value) G_GNUC_WARN_UNUSED_RESULT;

/* Writes vector [k] as a member, in that base64. */
void document_put_vector(yajl_gen json, const char *key, const float *vector, guint k);
