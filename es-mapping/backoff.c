#include "backoff.h"

#include <math.h>

double backoff_seconds(const Backoff *backoff, guint strikes, gint64 retry_after, double random)
{
    double whole = fmin(backoff->longest, ldexp(backoff->first, (int)MIN(strikes, 64u) - 1));
    double asked = (double)MAX(retry_after, 0);
    /* What the server asks for is a least time: the jitter comes on top of it. */
    return fmax(whole * (0.5 + 0.5 * random), asked > 0 ? asked + whole * 0.5 * random : 0.0);
}
