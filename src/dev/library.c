/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Called by xqueue.c (libxdp), pcap.c (libpcap) and vde.c (libvdeplug).
 */
#include "library.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

void *library_open(const char *const names[], const struct library_symbol symbols[], void *table)
{
    void *library = NULL;

    for (; !library && *names; names++)
        library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    for (; library && symbols->name; symbols++) {
        void *function = dlsym(library, symbols->name);

        if (!function) {
            dlclose(library);
            return NULL;
        }
        memcpy((uint8_t *)table + symbols->at, &function, sizeof function);
    }
    return library;
}

bool library_find(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);

    memcpy(function, &found, sizeof found);
    return found;
}

void library_close(void *library)
{
    if (library)
        dlclose(library);
}
