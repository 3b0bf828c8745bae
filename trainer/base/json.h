/* Thin helpers over yajl: clean-ups, checked reading, locale-independent numbers.
 *
 * Reading keeps a number's text, so that a float32 is rounded once, from its decimals. */
#pragma once

#include <glib.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(yajl_gen, yajl_gen_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(yajl_val, yajl_tree_free, NULL)

/* ---- reading ---- */

#define JSON_DEEPEST 100 /* arrays and objects within each other */

/* The tree of `text`; NULL with RECSYS_ERROR_DATA naming `what` if it is not JSON, or is nested
 * more deeply than JSON_DEEPEST. */
yajl_val json_parse(const char *text, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The member at a path such as "a.b.c", or NULL; names with a dot in them cannot be asked for.
 * `object` may be NULL. */
yajl_val json_get(yajl_val object, const char *path);

/* The member of exactly this name, dots included, or NULL. `object` may be NULL. */
yajl_val json_member(yajl_val object, const char *name);

/* The member's text, owned by the tree, or NULL if it is absent or not a string. */
const char *json_get_string(yajl_val object, const char *path);

/* FALSE if absent, not a number, or out of range. */
gboolean json_get_int(yajl_val object, const char *path, gint64 *value);
gboolean json_get_double(yajl_val object, const char *path, double *value);

/* TRUE if and only if the member is there and true. */
gboolean json_is_true(yajl_val object, const char *path);

/* The length of an array; 0 for anything else, NULL included. */
gsize json_array_length(yajl_val array);
yajl_val json_array_get(yajl_val array, gsize index);

/* A number (not a member) as the nearest double or float32; FALSE if it is none. */
gboolean json_to_double(yajl_val number, double *value);
gboolean json_to_float(yajl_val number, float *value);

/* Reads the number at *at as the nearest float32 and moves past it; FALSE, and *at stays, if there
 * is none, or if it is too large. What follows it is not looked at. */
gboolean json_scan_float(const char **at, float *value);

/* ---- writing ---- */

/* A generator; `pretty` breaks and indents lines. Strings must be UTF-8. */
yajl_gen json_generator_new(gboolean pretty);

/* What was generated so far, NUL-terminated; the generator starts anew. `length` may be NULL. */
char *json_take(yajl_gen json, gsize *length);

/* Appends what was generated so far to `text`; the generator starts anew. */
void json_take_into(yajl_gen json, GString *text);

void json_put_key(yajl_gen json, const char *key);
void json_put_string(yajl_gen json, const char *value);
void json_put_int(yajl_gen json, gint64 value);
void json_put_bool(yajl_gen json, gboolean value);

/* The shortest of 15 to 17 significant digits that reads back as the same double. Must be finite.
 */
void json_put_double(yajl_gen json, double value);

/* Nine significant digits, which read back as the same float32. Must be finite. */
void json_put_float(yajl_gen json, float value);

/* A key and its value. */
void json_put_member_string(yajl_gen json, const char *key, const char *value);
void json_put_member_int(yajl_gen json, const char *key, gint64 value);
void json_put_member_double(yajl_gen json, const char *key, double value);
void json_put_member_bool(yajl_gen json, const char *key, gboolean value);
void json_put_member_strings(yajl_gen json, const char *key, const GPtrArray *strings); /* char * */
