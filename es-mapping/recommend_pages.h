/* One ranking, page after page. A point in time holds the release: pages fit together without a gap
 * or a repetition even if the alias moves meanwhile. Each page begins after the last movie of the
 * one before (search_after), so that a late page costs no more than an early one.
 *
 *     g_autoptr(RecommendPages) pages = recommend_pages_open(recommender, &request, &error);
 *     g_autoptr(Ranking) page = recommend_pages_next(pages, 10, &error); */
#pragma once

#include "recommend.h"

typedef struct RecommendPages RecommendPages;

/* Does step 1 and opens the point in time; skips request->from movies. request->size does not
 * matter. Recommender and filter must outlive the pages; the recommender may be asked other things
 * meanwhile. Errors as those of recommender_ask(). */
RecommendPages *recommend_pages_open(Recommender *recommender, const RecommendRequest *request,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void recommend_pages_free(RecommendPages *pages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecommendPages, recommend_pages_free)

/* The next 1 to RECOMMEND_MOST movies; fewer, or none, at the end. RECSYS_ERROR_USAGE for
 * another size; RECSYS_ERROR_INCONCLUSIVE also if the point in time is gone: the release was
 * deleted, or nobody asked for minutes. */
Ranking *recommend_pages_next(RecommendPages *pages, guint size,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many movies were returned or skipped so far. */
guint recommend_pages_position(const RecommendPages *pages);
