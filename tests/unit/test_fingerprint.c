#include "fingerprint.h"

#include <string.h>

#include "recsys_error.h"
#include "tap.h"

#define HEX "8c0f80357bb8af6c93e41ba3ff0fe3c3b7b8fc1a4c4d5f5ff3f8f36a8f54a3d1"

static void test_forms(void)
{
    const char *const colons = "8C:0F:80:35:7B:B8:AF:6C:93:E4:1B:A3:FF:0F:E3:C3:"
                               "B7:B8:FC:1A:4C:4D:5F:5F:F3:F8:F3:6A:8F:54:A3:D1";
    const char *const forms[] = {
        HEX,
        "8C0F80357BB8AF6C93E41BA3FF0FE3C3B7B8FC1A4C4D5F5FF3F8F36A8F54A3D1",
        colons,
    };
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *fingerprint = fingerprint_parse(forms[i], &error);
        CU_ASSERT(g_strcmp0(fingerprint, HEX) == 0);
        CU_ASSERT_PTR_NULL(error);
    }
}

static void test_no_fingerprint(void)
{
    const char *const sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"; /* too weak */
    const char *const texts[] = {"", "8c", (HEX "0"), (HEX " "), ("sha256:" HEX), "zc0f", sha1};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *fingerprint = fingerprint_parse(texts[i], &error);
        CU_ASSERT_PTR_NULL(fingerprint);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "64 hex digits");
    }
}

/* The body need not be a certificate: what is hashed is what stands between the two lines. */
static void test_of_pem(void)
{
    g_autofree char *found = fingerprint_of_pem("Cert:-----BEGIN CERTIFICATE-----\n"
                                                "YWJj\n"
                                                "-----END CERTIFICATE-----\n");
    CU_ASSERT(g_strcmp0(found, /* the sha256 of "abc", FIPS 180-2 */
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0);
    const char *const broken[] = {
        "",
        "YWJj",
        "-----BEGIN CERTIFICATE-----\nYWJj\n",
        "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(broken); i++)
        CU_ASSERT_PTR_NULL(fingerprint_of_pem(broken[i]));
}

static const UnitTest tests[] = {
    {"forms", test_forms},
    {"no fingerprint", test_no_fingerprint},
    {"of a certificate", test_of_pem},
    {NULL, NULL},
};

TAP_MAIN("fingerprint", tests)
