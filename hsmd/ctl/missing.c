#include "missing.h"

ExitCode no_such_device(const Options *o, const Picture *p, const char *name) {
        fprintf(stderr, say(o, "hsmctl: there is no device %s; there are:", "hsmctl：没有密码机 %s；现有："),
                name);
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                fprintf(stderr, " %s", picture_device(p, i)->name);
        fputc('\n', stderr);
        return EXIT_NOT_FOUND;
}

ExitCode no_such_pool(const Options *o, const Picture *p, const char *name) {
        fprintf(stderr,
                say(o, "hsmctl: there is no pool %s; there are:", "hsmctl：没有密码机集群 %s；现有："), name);
        for (size_t i = 0; i < picture_rows(p, BOARD_POOLS); i++)
                fprintf(stderr, " %s", picture_pool(p, i)->name);
        fputc('\n', stderr);
        return EXIT_NOT_FOUND;
}
