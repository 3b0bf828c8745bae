#include "counter_rng.h"

#include <math.h>

#define ROUNDS 10
#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
#define WEYL_0 0x9E3779B9u
#define WEYL_1 0xBB67AE85u

void philox(guint32 words[4], const guint32 counter[4], const guint32 key[2])
{
    guint32 c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    guint32 k0 = key[0], k1 = key[1];
    for (guint round = 0; round < ROUNDS; round++) {
        const guint64 p0 = (guint64)MULTIPLIER_0 * c0, p1 = (guint64)MULTIPLIER_1 * c2;
        c0 = (guint32)(p1 >> 32) ^ c1 ^ k0;
        c2 = (guint32)(p0 >> 32) ^ c3 ^ k1;
        c1 = (guint32)p1;
        c3 = (guint32)p0;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

/* Box and Muller's transform of two words. The half keeps the logarithm's argument above 0. */
static void two_normals(float normals[2], guint32 x, guint32 y)
{
    const float uniform = ((float)x + 0.5f) * 0x1p-32f;
    const float angle = (float)y * (float)(2.0 * G_PI * 0x1p-32);
    const float radius = sqrtf(-2.0f * logf(uniform));
    float sine, cosine;
    sincosf(angle, &sine, &cosine);
    normals[0] = radius * cosine;
    normals[1] = radius * sine;
}

void counter_rng_normals(float *normals, guint count, guint64 seed, guint32 purpose, guint32 a,
                         guint32 b)
{
    const guint32 key[2] = {(guint32)seed, (guint32)(seed >> 32)};
    guint32 counter[4] = {0, purpose, a, b};
    for (guint i = 0; i < count; i += 4, counter[0]++) {
        guint32 words[4];
        float four[4];
        philox(words, counter, key);
        two_normals(four, words[0], words[1]);
        two_normals(four + 2, words[2], words[3]);
        for (guint j = 0; j < MIN(4, count - i); j++)
            normals[i + j] = four[j];
    }
}
