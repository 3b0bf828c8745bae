#include "load_cli.h"

#include <math.h>

#include "recsys_error.h"
#include "tap.h"

static void test_nothing_given(void)
{
    LoadCli cli = LOAD_CLI_DEFAULT;
    LoadOptions load = {0};
    CU_ASSERT(load_cli_take(&cli, &load, NULL));
    CU_ASSERT_EQUAL(load.shards, 0);
    CU_ASSERT_PTR_NULL(load.replicas);
    CU_ASSERT(load.bulk != NULL && load.bulk->gzip == GZIP_AUTO);
    CU_ASSERT(load.bulk != NULL && load.bulk->retries == BULK_UNLIMITED);
    load_cli_clear(&cli);
}

static void test_all_given(void)
{
    LoadCli cli = LOAD_CLI_DEFAULT;
    LoadOptions load = {0};
    cli.shards = 2;
    cli.replicas = 0;
    cli.in_flight = 5;
    cli.retries = 0;
    cli.patience = 1.5;
    cli.request_timeout = 2.5;
    cli.gzip = g_strdup("never");
    CU_ASSERT(load_cli_take(&cli, &load, NULL));
    load.bulk = &cli.bulk; /* if that has failed, too */
    CU_ASSERT_EQUAL(load.shards, 2);
    CU_ASSERT(g_strcmp0(load.replicas, "0") == 0);
    CU_ASSERT_EQUAL(load.bulk->in_flight, 5);
    CU_ASSERT_EQUAL(load.bulk->retries, 0);
    CU_ASSERT(load.bulk->patience == 1.5 && load.bulk->request_seconds == 2.5);
    CU_ASSERT_EQUAL(load.bulk->gzip, GZIP_NEVER);
    load_cli_clear(&cli);
}

static void check_refused(LoadCli cli, const char *message)
{
    LoadOptions load = {0};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(load_cli_take(&cli, &load, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, message);
}

#define REFUSED(member, value, message)                                                            \
    do {                                                                                           \
        LoadCli cli = LOAD_CLI_DEFAULT;                                                            \
        cli.member = (value);                                                                      \
        check_refused(cli, message);                                                               \
    } while (0)

static void test_limits(void)
{
    REFUSED(shards, 0, "--shards must be from 1 to 1024, not 0");
    REFUSED(shards, 1025, "--shards");
    REFUSED(replicas, -2, "--replicas");
    REFUSED(in_flight, 17, "--in-flight");
    REFUSED(retries, 1001, "--retries");
    REFUSED(patience, NAN, "--patience");
    REFUSED(request_timeout, 0, "--request-timeout");
    REFUSED(shards, -1, "--shards must be from 1 to 1024, not -1");
    REFUSED(replicas, -1, "--replicas must be from 0 to 100, not -1");
    REFUSED(in_flight, -1, "--in-flight");
    REFUSED(retries, -1, "--retries");
    REFUSED(patience, -1, "--patience must be from 0 to 1e+06, not -1");
    REFUSED(request_timeout, -1, "--request-timeout");
    REFUSED(gzip, (char *)"Always", "--gzip must be auto, always or never, not \"Always\"");
}

static const UnitTest tests[] = {
    {"nothing given", test_nothing_given},
    {"everything given", test_all_given},
    {"limits", test_limits},
    {NULL, NULL},
};

TAP_MAIN("load_cli", tests)
