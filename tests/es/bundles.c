#include "bundles.h"

#include "document.h"
#include "programs.h"
#include "servers.h"
#include "tap.h"

char *bundle_make(const BundleRecipe *recipe)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *data = g_build_filename(directory, "data", NULL);
    char *path = g_build_filename(directory, "bundle", NULL);
    g_auto(Run) run = {0};
    run_program(&run, TRAINER, "synth", data, "--users", recipe->users, "--movies", recipe->movies,
                "--ratings", recipe->ratings, NULL);
    if (!run_says(&run, 0, NULL))
        g_error("no data for the tests");
    run_program(&run, TRAINER, "train", data, path, "--epochs", "2", "--factors", recipe->factors,
                "--seed", recipe->seed, "--valid", recipe->valid != NULL ? recipe->valid : "0",
                NULL);
    if (!run_says(&run, 0, NULL))
        g_error("no bundle for the tests");
    return path;
}

Bundle *bundle_make_and_open(const BundleRecipe *recipe, char **path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *made = bundle_make(recipe);
    Bundle *bundle = bundle_open(made, &error);
    if (bundle == NULL)
        g_error("%s", error->message);
    if (path != NULL)
        *path = g_steal_pointer(&made);
    return bundle;
}

char *bundle_make_and_release(const BundleRecipe *recipe, char **alias)
{
    char *path = bundle_make(recipe);
    g_auto(Run) run = {0};
    *alias = g_strdup_printf("%s-live", server_prefix());
    run_program(&run, LOADER, "release", path, "--url", server_url(), "--alias", *alias, NULL);
    if (!run_says(&run, 0, NULL))
        tap_comment("there is no release to test with");
    return path;
}

char *bundle_document(const Bundle *bundle, guint index)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    document_put(json, bundle, DOC_IDS_BY_VALUE, index);
    return json_take(json, NULL);
}
