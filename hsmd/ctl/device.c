#include "verbs.h"
ExitCode verb_device(const Options *o) {
        (void) o;
        return EXIT_USAGE;
}
ExitCode verb_watch(const Options *o) {
        (void) o;
        return EXIT_USAGE;
}
