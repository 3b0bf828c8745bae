#include "decimal.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 1e-5 /* what is outside of these two is rare, and printf's business */
#define LARGEST 1e8
#define DIGITS 9

static const double powers[] = {1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0,  1e1,  1e2,
                                1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13};
/* Those that a number is multiplied with are exact. */
#define POWER(exponent) (powers[(exponent) + 8])

static gsize print_rare(char *text, float value)
{
    if (value == 0.0f) /* "-0" would be read as an integer, which has no sign there */
        return g_strlcpy(text, signbit(value) ? "-0.0" : "0", DECIMAL_SIZE);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(number, sizeof number, "%.9g", value);
    gsize length = g_strlcpy(text, number, DECIMAL_SIZE);
    g_assert(length < DECIMAL_SIZE);
    return length;
}

/* The nine digits, two by two from the right. */
static void put_digits(char digits[DIGITS], guint32 number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    for (int at = DIGITS - 2; at > 0; at -= 2) {
        memcpy(digits + at, pairs + 2 * (number % 100), 2);
        number /= 100;
    }
    digits[0] = (char)('0' + number);
}

gsize decimal_of_float(char text[DECIMAL_SIZE], float value)
{
    const double size = fabs((double)value);
    if (!(size >= SMALLEST && size < LARGEST))
        return print_rare(text, value);
    guint32 bits;
    memcpy(&bits, &value, sizeof bits);
    /* The exponent of the first digit: floor(log10), from the binary one, first perhaps one less.
     */
    int exponent = ((int)(bits >> 23 & 0xff) - 127) * 1233 / 4096 - 1;
    while (size >= POWER(exponent + 1))
        exponent++;
    guint32 number = (guint32)(size * POWER(DIGITS - 1 - exponent) + 0.5);
    if (number >= 1000000000u) { /* 9.999999999 */
        number = 100000000u;
        exponent++;
    }
    char digits[DIGITS];
    put_digits(digits, number);
    int last = DIGITS; /* without zeros at the end, but those before the point */
    while (last > 1 && last > exponent + 1 && digits[last - 1] == '0')
        last--;
    char *at = text;
    if (value < 0)
        *at++ = '-';
    if (exponent < 0) {
        *at++ = '0';
        *at++ = '.';
        for (int zeros = -1; zeros > exponent; zeros--)
            *at++ = '0';
        memcpy(at, digits, (gsize)last);
        return (gsize)(at + last - text);
    }
    int before = exponent + 1;
    memcpy(at, digits, (gsize)before);
    at += before;
    if (last > before) {
        *at++ = '.';
        memcpy(at, digits + before, (gsize)(last - before));
        at += last - before;
    }
    return (gsize)(at - text);
}

/* ---- reading ---- */

#define MOST_DIGITS 15
#define MOST_POWER 22
#define LONGEST 64 /* characters of a number that a server prints */
#define HALFWAY_MASK G_GUINT64_CONSTANT(0x1fffffff) /* what a double has beyond a float32 */
#define HALFWAY G_GUINT64_CONSTANT(0x10000000)

static gboolean read_rare(const char *text, gsize length, float *value)
{
    static gsize c_locale;
    if (g_once_init_enter(&c_locale))
        g_once_init_leave(&c_locale, (gsize)newlocale(LC_ALL_MASK, "C", (locale_t)0));
    char copy[LONGEST + 1];
    char *end = NULL;
    if (length == 0 || length > LONGEST)
        return FALSE;
    memcpy(copy, text, length);
    copy[length] = '\0';
    *value = strtof_l(copy, &end, (locale_t)c_locale);
    return end == copy + length && isfinite(*value);
}

/* Digits, a point among them or not, to *number and *exponent; returns where they end, or NULL if
 * they are too many. */
static const char *read_digits(const char *at, const char *end, guint64 *number, int *exponent)
{
    guint digits = 0;
    gboolean point = FALSE;
    for (; at < end; at++) {
        if (*at == '.' && !point) {
            point = TRUE;
            continue;
        }
        if (!g_ascii_isdigit(*at))
            break;
        *number = *number * 10 + (guint64)(*at - '0');
        digits += *number > 0;
        *exponent -= point;
    }
    return digits <= MOST_DIGITS ? at : NULL;
}

/* An exponent from its letter on; NULL if it is large, or none. */
static const char *read_exponent(const char *at, const char *end, int *exponent)
{
    gboolean negative = ++at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (end - at < 1 || end - at > 3)
        return NULL;
    int size = 0;
    for (; at < end && g_ascii_isdigit(*at); at++)
        size = size * 10 + (*at - '0');
    *exponent += negative ? -size : size;
    return at;
}

gboolean decimal_to_float(const char *text, gsize length, float *value)
{
    static const double ten_to[MOST_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *end = text + length;
    const gboolean negative = length > 0 && *text == '-';
    guint64 number = 0;
    int exponent = 0;
    const char *at = read_digits(text + negative, end, &number, &exponent);
    if (at != NULL && at < end && (*at == 'e' || *at == 'E'))
        at = read_exponent(at, end, &exponent);
    if (at != end || number == 0 || ABS(exponent) > MOST_POWER)
        return read_rare(text, length, value);
    double scaled =
        exponent < 0 ? (double)number / ten_to[-exponent] : (double)number * ten_to[exponent];
    guint64 bits;
    memcpy(&bits, &scaled, sizeof bits);
    if ((bits & HALFWAY_MASK) == HALFWAY || !(scaled >= 0x1p-126 && scaled < 0x1p127))
        return read_rare(text, length, value);
    *value = (float)(negative ? -scaled : scaled);
    return TRUE;
}
