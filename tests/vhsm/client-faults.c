/* What a vendor's module does wrong by itself, when the machine says so. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

void faults_take(Client *c, Wire *w) {
        uint32_t n = wire_get_u32(w);

        memset(c->directives, 0, sizeof(c->directives));
        for (uint32_t i = 0; i < n && !w->bad; i++) {
                uint32_t directive = wire_get_u32(w);
                uint64_t argument = wire_get_u64(w);

                if (directive < DIRECTIVE_MAX)
                        c->directives[directive] = argument + 1;
                if (directive == DIRECTIVE_POISON)
                        client_poison();
        }
}

static bool told(WireDirective directive, uint64_t argument) {
        return client()->directives[directive] == argument + 1;
}

void faults_before(uint32_t function) {
        if (told(DIRECTIVE_SEGFAULT, function))
                raise(SIGSEGV);
        while (told(DIRECTIVE_SPIN, function))
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
                (void) !open("/dev/null", O_RDONLY);
}

bool faults_garbage(uint32_t function) {
        return told(DIRECTIVE_GARBAGE, function);
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
