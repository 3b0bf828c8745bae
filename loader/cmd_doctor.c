#include <stdio.h>

#include "alias_cli.h"
#include "commands.h"
#include "doctor.h"
#include "interrupt.h"
#include "recsys_error.h"

static void print_json(const GPtrArray *findings)
{
    static const char *const verdicts[] = {"ok", "warning", "failed"};
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_array_open(json);
    for (guint i = 0; i < findings->len; i++) {
        const DoctorFinding *finding = g_ptr_array_index(findings, i);
        yajl_gen_map_open(json);
        json_put_member_string(json, "check", finding->check);
        json_put_member_string(json, "verdict", verdicts[finding->verdict]);
        json_put_member_string(json, "finding", finding->finding);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
    g_autofree char *text = json_take(json, NULL);
    printf("%s\n", text);
}

static void print_text(const GPtrArray *findings)
{
    static const char *const marks[] = {"ok", "warning", "FAILED"};
    for (guint i = 0; i < findings->len; i++) {
        const DoctorFinding *finding = g_ptr_array_index(findings, i);
        printf("%-8s %-8s %s\n", finding->check, marks[finding->verdict], finding->finding);
    }
}

gboolean cmd_doctor(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(AliasCli) cli = {0};
    if (!alias_cli_parse(&cli, ALIAS_VERB_LOOKS, NULL, command, &argc, &argv, error))
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cli.cluster, error);
    if (client == NULL)
        return FALSE;
    g_autoptr(GPtrArray) findings = doctor_examine(client, es_options_alias(&cli.cluster));
    if (interrupt_requested(error))
        return FALSE;
    if (cli.json)
        print_json(findings);
    else
        print_text(findings);
    for (guint i = 0; i < findings->len; i++) {
        const DoctorFinding *finding = g_ptr_array_index(findings, i);
        if (finding->verdict != DOCTOR_ILL)
            continue;
        g_set_error(error, RECSYS_ERROR, finding->exit_code, "a release would fail: %s",
                    finding->check);
        return FALSE;
    }
    return TRUE;
}
