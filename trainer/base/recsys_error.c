#include "recsys_error.h"

#include <gio/gio.h>

G_DEFINE_QUARK(recsys - error - quark, recsys_error)

static const struct {
    int code;
    const char *meaning;
} exit_codes[] = {
    {0, "done"},
    {RECSYS_ERROR_USAGE, "usage: the command line, or a value that the model does not have"},
    {RECSYS_ERROR_DATA, "a data set or bundle cannot be read or written"},
    {RECSYS_ERROR_UNREACHABLE, "the cluster cannot be reached"},
    {RECSYS_ERROR_REFUSED,
     "the server refused (authorisation, limits, version), or nothing is released there"},
    {RECSYS_ERROR_GATE, "a gate failed or parity is violated"},
    {RECSYS_ERROR_LOCKED, "another job holds the lock"},
    {RECSYS_ERROR_INCONCLUSIVE, "inconclusive: a partial answer, or the release changed meanwhile"},
    {RECSYS_ERROR_INTERRUPTED, "interrupted"},
};

int recsys_error_exit_code(const GError *error)
{
    if (error->domain == RECSYS_ERROR)
        return error->code;
    /* The only text that is converted with errors is that of options. */
    if (error->domain == G_OPTION_ERROR || error->domain == G_CONVERT_ERROR)
        return RECSYS_ERROR_USAGE;
    return RECSYS_ERROR_DATA;
}

char *recsys_error_describe_exit_codes(void)
{
    GString *text = g_string_new("Exit codes:\n");
    for (gsize i = 0; i < G_N_ELEMENTS(exit_codes); i++)
        g_string_append_printf(text, "  %3d  %s\n", exit_codes[i].code, exit_codes[i].meaning);
    return g_string_free(text, FALSE);
}
