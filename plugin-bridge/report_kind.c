#include "report_kind.h"

static const struct {
    const char *name, *claim;
} checks[CHECKS] = {
    [CHECK_MAPPING] = {"mapping", "The mapping is the one this bundle needs."},
    [CHECK_DOCUMENTS] = {"documents", "Every document compared equals the bundle's bit for bit."},
    [CHECK_RANKINGS] = {"rankings", "Every profile asked for is ranked, with the bundle's movies."},
    [CHECK_SCORES] = {"scores", "Every score is within the bound of its rounding errors."},
    [CHECK_ORDERS] = {"orders", "No two neighbours are in the wrong order."},
    [CHECK_SETS] = {"sets", "No movie left out beats one that is returned."},
};

static const ViolationInfo kinds[VIOLATION_KINDS] = {
    [VIOLATION_MAPPING] = {CHECK_MAPPING, "mapping", "mapping differs",
                           "Release the bundle again; if it stays, an index template that matches "
                           "the index's name adds to the mapping: find it with GET "
                           "_index_template."},
    [VIOLATION_SETTINGS] = {CHECK_MAPPING, "settings", "setting in the way",
                            "Set it back with PUT INDEX/_settings, and find out who set it: an "
                            "administrator, or the disk's flood stage."},
    [VIOLATION_META] = {CHECK_MAPPING, "mapping-meta", "_meta differs",
                        "Clients turn scores into ratings with _meta, so theirs are wrong until "
                        "the bundle is released again."},
    [VIOLATION_MODEL] = {CHECK_DOCUMENTS, "wrong-model", "another model",
                         "Two models are mixed, or this is not the bundle that was released: "
                         "verify with that one, or release this one."},
    [VIOLATION_MISSING] = {CHECK_DOCUMENTS, "document-missing", "document missing",
                           "Release the bundle again, and see who else may delete from the index: "
                           "a loader's key is enough for one writer."},
    [VIOLATION_EXTRA] = {CHECK_DOCUMENTS, "document-extra", "document too many",
                         "Something else writes to the index: take its right away, then delete the "
                         "document or release the bundle again."},
    [VIOLATION_DOUBLED] = {CHECK_DOCUMENTS, "document-doubled", "document there twice",
                           "The same _id is in two shards, as after indexing with a routing of "
                           "one's own: release the bundle again."},
    [VIOLATION_BITS] = {CHECK_DOCUMENTS, "wrong-bits", "stored numbers differ",
                        "The vector or bias is not the model's: something else wrote it, or the "
                        "mapping changes what it stores; release the bundle again."},
    [VIOLATION_FIELD] = {CHECK_DOCUMENTS, "wrong-field", "field differs",
                         "Something else changed the document: release the bundle again; ranks are "
                         "wrong only if feature_type or value differ."},
    [VIOLATION_ROUTING] = {CHECK_DOCUMENTS, "routing", "document under a routing",
                           "Nobody who asks for it by its _id finds it, as clients do: something "
                           "else indexed it; release the bundle again."},
    [VIOLATION_REFUSED] = {CHECK_RANKINGS, "ranking-refused", "ranking refused",
                           "Repair what the reason names, most often a document without vector or "
                           "bias, or scripts that script.allowed_types forbids."},
    [VIOLATION_QUERY] = {CHECK_RANKINGS, "query-vector", "query vector differs",
                         "A document of the profile is not the bundle's: see the documents named "
                         "above, and release the bundle again."},
    [VIOLATION_LIST] = {CHECK_RANKINGS, "wrong-list", "wrong list of movies",
                        "If the documents are right, a copy of a shard is behind or lost: look at "
                        "GET _cat/shards, refresh, and verify again."},
    [VIOLATION_SCORE] = {CHECK_SCORES, "score", "score beyond its bound",
                         "If the documents are right, the server computes something else: keep "
                         "index and report, and compare the nodes' versions, Java and CPUs."},
    [VIOLATION_SCORE_BITS] = {CHECK_SCORES, "score-bits", "score of no known kernel",
                              "If the documents are right and scores are within their bounds, the "
                              "answer is right as a ranking, but not what the nodes' code makes: "
                              "look for a node that joined meanwhile (recsys-bridge fingerprint)."},
    [VIOLATION_ORDER] = {CHECK_ORDERS, "order", "wrong order",
                         "If scores are right, something between here and the shards re-sorts: "
                         "look for a proxy; else see to the scores first."},
    [VIOLATION_SET] = {CHECK_SETS, "set", "better movie left out",
                       "If documents and scores are right, a shard did not take part: look at GET "
                       "_cat/shards and at limits on searches, and verify again."},
};

const ViolationInfo *violation_info(ViolationKind kind)
{
    return &kinds[kind];
}

const char *report_check_name(ReportCheck check)
{
    return checks[check].name;
}

const char *report_check_claim(ReportCheck check)
{
    return checks[check].claim;
}
