/* hsmctl restore: a backup becomes a state directory. The one verb that asks no hsmd: none may run. */

#include "history-backup.h"
#include "verbs.h"

static ExitCode code_of(int error) {
        switch (-error) {
        case 0:
                return EXIT_OK;
        case EBUSY:
        case EEXIST:
        case ENOTEMPTY:
        case EINVAL:
        case EPERM:
                return EXIT_REFUSED;
        case EACCES:
                return EXIT_NOT_PERMITTED;
        case ENOENT:
                return EXIT_NOT_FOUND;
        default:
                return EXIT_USAGE;
        }
}

static void say_why(const Options *o, const RestoreOptions *what, int error, const char *words) {
        if (error == -EBUSY)
                fprintf(stderr,
                        say(o, "hsmctl: hsmd runs on %s; stop it first: systemctl stop hsmd\n",
                                "hsmctl：hsmd 正在使用 %s；请先停止：systemctl stop hsmd\n"),
                        what->state);
        else
                fprintf(stderr,
                        say(o, "hsmctl: nothing was restored from %s: %s\n", "hsmctl：未能从 %s 恢复：%s\n"),
                        what->file, words ? words : strerror(-error));
}

ExitCode verb_restore(const Options *o) {
        const char *environment = getenv("STATE_DIRECTORY");
        CLEANUP_FREE char *words = NULL;
        RestoreOptions what = {.file = o->args[1], .state = o->state, .force = o->force};
        int r;

        if (!what.state)
                what.state = environment && *environment ? environment : HSMD_STATEDIR;
        r = history_restore_file(&what, &words);
        if (r < 0) {
                say_why(o, &what, r, words);
                return code_of(r);
        }
        printf(say(o, "restored into %s\n", "已恢复到 %s\n"), what.state);
        if (words && *words)
                puts(words);
        return EXIT_OK;
}
