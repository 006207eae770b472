/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c: prints the keys of a plugin, or of the hub for every endpoint (`endpoint`), as the rows of their page. */
#include "lib/plugin-harness.h"

#include <stdio.h>

int
main(int argc, char **argv)
{
    g_autoptr(LtLoader) loader = lt_loader_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    const LtLoaded *loaded;

    if (argc == 2 && g_str_equal(argv[1], "endpoint")) {
        text = lt_keys_describe(lt_endpoint_keys(), TRUE);
    } else if (argc == 2) {
        loaded = lt_loader_get(loader, argv[1], NULL, &error);
        if (loaded == NULL) {
            fprintf(stderr, "%s\n", error->message);
            return 1;
        }
        text = lt_keys_describe(loaded->plugin.keys, TRUE);
    } else {
        fputs("usage: describe-plugin NAME | endpoint\n", stderr);
        return 2;
    }
    fputs(text, stdout);
    return 0;
}
