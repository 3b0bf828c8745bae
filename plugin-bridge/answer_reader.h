/* Walks the answer to a _search or an _msearch as it comes, without a tree of it in memory, and
 * keeps what both say beside their hits; what a hit has is up to who reads (rankings_page.h,
 * search_page.h).
 *
 * The walk knows places: containers that have a meaning. A member leads from one to another or has
 * a scalar that is taken; whatever else there is, however deep, is elsewhere and has no meaning, so
 * that nothing within a document can pass for the answer's own.
 *
 * Texts are C strings from here on, so one that has a NUL gets a byte in its place that no valid
 * UTF-8 has, ANSWER_NUL: it equals nothing, instead of what comes before the NUL. */
#pragma once

#include <glib.h>

enum {
    ANSWER_ELSEWHERE,
    ANSWER_ROOT, /* of _msearch */
    ANSWER_SEARCHES,
    ANSWER_SEARCH, /* one of them, or the whole answer to _search */
    ANSWER_SHARDS,
    ANSWER_HITS,
    ANSWER_LIST, /* of hits */
    ANSWER_HIT,
    ANSWER_SORT,
    ANSWER_OWN_PLACES, /* here the reader's own begin */
};

#define ANSWER_NUL '\xff'

#define ANSWER_NOTHING 0
#define ANSWER_OWN_TAKES 16 /* here the reader's own begin */

/* In place `in` the member `key` is an object ('{') or an array ('[') that is place `leads_to`, or
 * a scalar (0) that is handed over with `take`. With key NULL: so is each element. */
typedef struct {
    guint in;
    char shape;
    const char *key;
    guint leads_to;
    guint take;
} AnswerMember;

/* What a search's answer says beside its hits. */
typedef struct {
    gint64 status;           /* 0: it does not say */
    gint64 failed;           /* shards; -1: it does not say */
    gboolean says_timed_out; /* it says whether it did */
    gboolean timed_out, terminated_early;
    gboolean has_error;
    gboolean has_list; /* of hits, be it empty */
    guint hits;
    const char *after; /* the last hit's sort values, "[12.5,3]", numbers all; or NULL */
} AnswerHead;

typedef struct {
    const AnswerMember *members; /* of hits, beside _id and sort */
    guint count;

    void (*on_hit_begin)(gpointer data);
    /* A key of one of the reader's own places that is not among the members; nullable. */
    void (*on_unknown)(guint place, const char *key, gsize length, gpointer data);
    /* A value in one of the reader's own places that is in no form it has a meaning in: a container
     * of another shape or none, a scalar where there should be a container, a boolean, null. It is
     * `member`'s; NULL: it is an element of an array. Nullable. */
    void (*on_strange)(guint place, const AnswerMember *member, gpointer data);
    /* Scalars of the reader's own takes, and of its own places that are arrays. */
    void (*on_number)(guint place, guint take, const char *text, gsize length, gpointer data);
    void (*on_string)(guint place, guint take, const char *text, gsize length, gpointer data);

    /* A hit of search `number` ends; id NULL: it has none, or one that is no string. */
    gboolean (*on_hit)(guint number, const char *id, gpointer data, GError **error);
    /* Search `number` ends; `head` is valid during the call. */
    gboolean (*on_search)(guint number, const AnswerHead *head, gpointer data, GError **error);
} AnswerForm;

/* RECSYS_ERROR_INCONCLUSIVE unless the answer says that it is whole: servers always do. `what` is
 * the name of the search. */
gboolean answer_head_check_whole(const AnswerHead *head, const char *what,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* `first` is ANSWER_ROOT for an answer to _msearch, ANSWER_SEARCH for one to _search. *searches is
 * how many ended. Errors: the form's; RECSYS_ERROR_REFUSED if it is no JSON, which `what` is the
 * name of. */
gboolean answer_reader_run(guint *searches, const GString *text, guint first,
                           const AnswerForm *form, const char *what, gpointer data,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
