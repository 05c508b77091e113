/* What a vendor's module does wrong by itself, when the machine says so. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client.h"

void faults_take(Client *c, Wire *w) {
        uint32_t n = wire_get_u32(w);
        uint64_t told[DIRECTIVE_MAX] = {0};

        for (uint32_t i = 0; i < n && !w->bad; i++) {
                uint32_t directive = wire_get_u32(w);
                uint64_t argument = wire_get_u64(w);

                if (directive < DIRECTIVE_MAX)
                        told[directive] = argument + 1;
        }
        for (size_t i = 0; i < DIRECTIVE_MAX; i++)
                c->directives[i] = told[i];
        if (told[DIRECTIVE_POISON])
                client_poison();
}

static bool told_of(WireDirective directive, uint32_t function) {
        return client()->directives[directive] == (uint64_t) function + 1;
}

void faults_before(uint32_t function) {
        if (told_of(DIRECTIVE_SEGFAULT, function))
                raise(SIGSEGV);
        while (told_of(DIRECTIVE_SPIN, function))
                ;
}

void faults_of_sign(void) {
        uint64_t leak = client()->directives[DIRECTIVE_LEAK];

        if (leak > 1 && leak < (UINT64_C(1) << 30)) {
                char *lost = malloc(leak - 1);

                if (lost) /* or it would take no memory; one that no compiler leaves out */
                        explicit_bzero(lost, leak - 1);
        }
        if (client()->directives[DIRECTIVE_LEAK_FDS])
                (void) !eventfd(0, 0); /* which no access rule refuses */
}

bool faults_garbage(uint32_t function) {
        return told_of(DIRECTIVE_GARBAGE, function);
}

/* A daemon that will not be told. */
void faults_initialize(void) {
        if (!client()->directives[DIRECTIVE_FORK] || fork() != 0)
                return;
        setsid();
        signal(SIGTERM, SIG_IGN);
        for (;;)
                pause();
}
