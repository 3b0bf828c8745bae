/* The kinds of violations, and the checks that find them. */
#pragma once

#include <glib.h>

/* In the order in which they are made. */
typedef enum {
    CHECK_MAPPING,
    CHECK_DOCUMENTS,
    CHECK_RANKINGS, /* every profile's ranking could be had, and is a list of the bundle's movies */
    CHECK_SCORES,
    CHECK_ORDERS,
    CHECK_SETS, /* no movie left out beats one that is returned */
    CHECKS
} ReportCheck;

typedef enum {
    VIOLATION_MAPPING,    /* a field or parameter of the mapping */
    VIOLATION_SETTINGS,   /* an index setting that keeps readers from their answers */
    VIOLATION_META,       /* its _meta */
    VIOLATION_MODEL,      /* the release, or a document of it, is of another model */
    VIOLATION_MISSING,    /* a document */
    VIOLATION_EXTRA,      /* a document */
    VIOLATION_DOUBLED,    /* a document */
    VIOLATION_BITS,       /* of a vector or bias */
    VIOLATION_FIELD,      /* any other field of a document */
    VIOLATION_ROUTING,    /* a document where its _id does not lead to */
    VIOLATION_REFUSED,    /* a ranking could not be had */
    VIOLATION_QUERY,      /* the sum of a profile's vectors */
    VIOLATION_LIST,       /* too short, with a stranger in it, or with a movie twice */
    VIOLATION_SCORE,      /* beyond its bound */
    VIOLATION_SCORE_BITS, /* within its bound or not, but no kernel of the cluster's makes it */
    VIOLATION_ORDER,      /* of two movies */
    VIOLATION_SET,        /* a movie left out */
    VIOLATION_KINDS
} ViolationKind;

typedef struct {
    ReportCheck check;
    const char *name;   /* for programs: "document-missing" */
    const char *title;  /* for people: "document missing" */
    const char *advice; /* what to do, a sentence or two */
} ViolationInfo;

const ViolationInfo *violation_info(ViolationKind kind);

/* "documents" */
const char *report_check_name(ReportCheck check);

/* What holds if the check finds nothing, in a sentence. */
const char *report_check_claim(ReportCheck check);
