#include "model_form.h"

#include <math.h>
#include <string.h>

#include "recsys_error.h"

static const char *const objective_names[] = {
    [OBJECTIVE_RATINGS] = "ratings",
    [OBJECTIVE_RANKING] = "ranking",
    [OBJECTIVE_BOTH] = "both",
};
static const char *const link_names[] = {
    [LINK_SIGMOID] = "sigmoid",
    [LINK_IDENTITY] = "identity",
    [LINK_NONE] = "none",
};
static const char *const interactions_names[] = {
    [INTERACTIONS_ALL] = "all",
    [INTERACTIONS_MOVIE] = "movie",
};

ModelForm model_form_fm(double scale)
{
    return (ModelForm){.link = LINK_SIGMOID, .scale = scale};
}

double model_form_rating(const ModelForm *form, double z)
{
    switch (form->link) {
    case LINK_SIGMOID:
        return form->scale / (1 + exp(-z));
    case LINK_IDENTITY:
        return CLAMP(z, form->lowest, form->highest);
    case LINK_NONE:
        break;
    }
    return NAN;
}

char *model_form_formula(const ModelForm *form, const char *z)
{
    switch (form->link) {
    case LINK_SIGMOID:
        return g_strdup_printf("%.9g · sigmoid(%s)", form->scale, z);
    case LINK_IDENTITY:
        return g_strdup_printf("%s, from %g to %g", z, form->lowest, form->highest);
    case LINK_NONE:
        break;
    }
    return NULL;
}

double model_form_highest(const ModelForm *form)
{
    return form->link == LINK_SIGMOID    ? form->scale
           : form->link == LINK_IDENTITY ? form->highest
                                         : 0;
}

const char *objective_name(Objective objective)
{
    return objective_names[objective];
}

const char *link_name(Link link)
{
    return link_names[link];
}

gboolean model_form_is_fm(const ModelForm *form)
{
    return form->objective == OBJECTIVE_RATINGS && form->link == LINK_SIGMOID &&
           form->interactions == INTERACTIONS_ALL;
}

/* ---- JSON ---- */

static void put_link_numbers(yajl_gen json, const ModelForm *form)
{
    if (form->link == LINK_SIGMOID)
        json_put_member_double(json, "scale", form->scale);
    if (form->link == LINK_IDENTITY) {
        json_put_member_double(json, "lowest", form->lowest);
        json_put_member_double(json, "highest", form->highest);
    }
}

static void put_rest(yajl_gen json, const ModelForm *form)
{
    json_put_member_string(json, "objective", objective_names[form->objective]);
    json_put_member_string(json, "interactions", interactions_names[form->interactions]);
    if (form->rating_dims > 0)
        json_put_member_int(json, "rating_dimensions", form->rating_dims);
}

void model_form_put_members(yajl_gen json, const ModelForm *form)
{
    json_put_key(json, "link");
    yajl_gen_map_open(json);
    json_put_member_string(json, "type", link_names[form->link]);
    put_link_numbers(json, form);
    yajl_gen_map_close(json);
    put_rest(json, form);
}

void model_form_put_flat(yajl_gen json, const ModelForm *form)
{
    json_put_member_string(json, "link", link_names[form->link]);
    put_link_numbers(json, form);
    put_rest(json, form);
}

/* The position of the member's text in `names`; `absent` if it is not there; -1 if it is none. */
static int find_name(yajl_val object, const char *path, const char *const *names, guint count,
                     int absent)
{
    const char *name = json_get_string(object, path);
    if (name == NULL)
        return json_get(object, path) == NULL ? absent : -1;
    for (guint i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return (int)i;
    return -1;
}

static gboolean read_link(ModelForm *form, yajl_val object)
{
    yajl_val link = json_get(object, "link");
    const gboolean is_flat = link != NULL && YAJL_IS_STRING(link);
    yajl_val numbers = is_flat ? object : link;
    const int type = find_name(is_flat ? object : link, is_flat ? "link" : "type", link_names,
                               G_N_ELEMENTS(link_names), -1);
    form->link = (Link)type;
    switch (type) {
    case LINK_SIGMOID:
        return json_get_double(numbers, "scale", &form->scale) && form->scale > 0;
    case LINK_IDENTITY:
        return json_get_double(numbers, "lowest", &form->lowest) &&
               json_get_double(numbers, "highest", &form->highest) && form->lowest <= form->highest;
    case LINK_NONE:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean read_halves(ModelForm *form, yajl_val object, guint k)
{
    gint64 dims = 0;
    if (json_get(object, "rating_dimensions") != NULL &&
        !json_get_int(object, "rating_dimensions", &dims))
        return FALSE;
    form->rating_dims = (guint)CLAMP(dims, 0, G_MAXINT32);
    return form->objective == OBJECTIVE_BOTH ? dims > 0 && dims < k : dims == 0;
}

gboolean model_form_read(ModelForm *form, yajl_val object, guint k, const char *what,
                         GError **error)
{
    const int objective = find_name(object, "objective", objective_names,
                                    G_N_ELEMENTS(objective_names), OBJECTIVE_RATINGS);
    const int interactions = find_name(object, "interactions", interactions_names,
                                       G_N_ELEMENTS(interactions_names), INTERACTIONS_ALL);
    *form =
        (ModelForm){.objective = (Objective)objective, .interactions = (Interactions)interactions};
    const char *wrong =
        objective < 0      ? "objective must be ratings, ranking or both"
        : interactions < 0 ? "interactions must be all or movie"
        : !read_link(form, object)
            ? "link must be of type sigmoid with a scale, identity with lowest and highest, or none"
        : !read_halves(form, object, k) ? "rating_dimensions must split the vector if the "
                                          "objective is both, and be absent otherwise"
        : (form->link == LINK_NONE) != (objective == OBJECTIVE_RANKING)
            ? "the link is none if and only if the objective is ranking"
        : form->link != LINK_SIGMOID && form->interactions == INTERACTIONS_ALL
            ? "interactions are all in factorization machines only"
            : NULL;
    if (wrong == NULL)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s: %s", what, wrong);
    return FALSE;
}
