#include "doctor.h"

#include "tap.h"

static void test_skew(void)
{
    CU_ASSERT_FALSE(doctor_is_skewed(0));
    CU_ASSERT_FALSE(doctor_is_skewed(5));
    CU_ASSERT(doctor_is_skewed(5.5));
    CU_ASSERT(doctor_is_skewed(-3600));
}

static const UnitTest tests[] = {
    {"clock", test_skew},
    {NULL, NULL},
};

TAP_MAIN("doctor", tests)
