/* The rows of a data set in terms of a model's features, found by type and value.
 *
 * A person is *known* if the model has learned from them: if their feature is there and, where the
 * training rows are known, there are such. The rows of others are those of a cold start: the person
 * is their metadata (the row's other features) alone, and if there is none, nobody in particular.
 * What the model knows of a person's metadata (feature_table_attributes()) comes in where the data
 * does not say it. */
#pragma once

#include "dataset.h"
#include "fm.h"
#include "model_form.h"
#include "training_rows.h"

/* A model and what belongs to it; nothing is owned. */
typedef struct {
    const FmModel *model;
    const ModelForm *form;
    const FeatureTable *features;
    const TrainingRows *rows; /* nullable: what it was trained on is not known */
} EvaluatedModel;

#define MATCH_NONE G_MAXUINT32

/* The most features that a row can have with attributes. */
#define MATCH_MOST_FIELDS (2 * DATASET_MOST_FIELDS)

typedef enum {
    MATCH_KNOWN,   /* of a known person */
    MATCH_COLD,    /* of another one, by metadata */
    MATCH_MISSING, /* the model does not have a feature that the row needs */
} MatchKind;

typedef struct {
    EvaluatedModel model;
    const Dataset *data;
    guint32 *feature; /* [n of the data] the model's feature, or MATCH_NONE */
    guint8 *known;    /* [n of the data] of people */
    guint *number;    /* [n of the model] of users and movies, as in training_rows.h */
    guint8 *brought;  /* [n of the model] the data has features of its type */
    guint8 *left_out; /* [fields] metadata that does not stand for an unknown person */
    guint8 *hidden;   /* [n of the model] the same of the model's features */
} DataMatch;

/* `metadata` (nullable, NULL-terminated): the types that unknown people are described by, and no
 * others. With `by_metadata` everybody is unknown. */
DataMatch *data_match_new(const EvaluatedModel *model, const Dataset *data,
                          const char *const *metadata, gboolean by_metadata);
void data_match_free(DataMatch *match);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DataMatch, data_match_free)

/* Fills features [MATCH_MOST_FIELDS] with *fields of the model's, the movie second. With 1 field
 * there is only the movie, still in the second place. For MATCH_MISSING nothing is to be read. */
MatchKind data_match_row(const DataMatch *match, guint row, guint32 *features, guint *fields);

/* Whether the row needs its value of this field and the model does not have it. Never of the user.
 */
gboolean data_match_lacks(const DataMatch *match, guint row, guint field);

/* Whether the row's person and movie are a training row. FALSE where those are not known. */
gboolean data_match_is_training_row(const DataMatch *match, guint row);
