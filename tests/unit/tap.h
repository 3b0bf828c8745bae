/* Runs one file of CUnit tests and reports in TAP, which meson turns into JUnit by name.
 *
 * A test program has a table of tests and ends with TAP_MAIN. It exits 1 on any failure and refuses
 * to have no tests. A test that cannot run here calls tap_skip() and returns. Do not use the _FATAL
 * assertions after something is owned: they leave by longjmp, past all clean-ups. */
#pragma once

#include <CUnit/CUnit.h>
#include <glib.h>

typedef struct {
    const char *name;
    void (*run)(void);
} UnitTest;

/* `tests` ends with a NULL name. */
int tap_run(const char *suite, const UnitTest *tests);

/* Marks the running test as skipped, with the reason. */
void tap_skip(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The seed of random tests: RECSYS_TEST_SEED, or a new one; printed either way. */
guint32 tap_seed(void);

/* A new empty directory, removed with all it holds when the program ends. Free with g_free. */
char *tap_directory(void);

/* Asserts that `error` is of this domain and code and that its message contains `text`, then clears
 * it. */
#define TAP_ASSERT_ERROR(error, error_domain, error_code, text)                                    \
    CU_ASSERT(tap_check_error(&(error), error_domain, error_code, text))

gboolean tap_check_error(GError **error, GQuark domain, int code, const char *text);

#define TAP_MAIN(suite, tests)                                                                     \
    int main(void)                                                                                 \
    {                                                                                              \
        return tap_run(suite, tests);                                                              \
    }
