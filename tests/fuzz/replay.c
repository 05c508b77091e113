/* A fuzz target without a fuzzer, for every compiler and every ./check: replays the seeds, then mutations of
 * them for a while. Each mutation is told by two numbers, the run's seed and its own number, and when
 * something is wrong both are printed: --seed and --mutation repeat exactly that one.
 *
 *   fuzz_NAME DIRECTORY [--seconds S] [--seed N] [--mutation K] [--save FILE]
 *                                   3 seconds of them if not told; 120 where HSMD_LONG is set
 *   fuzz_NAME FILE                  one input, of libFuzzer's for example */

#include <dirent.h>
#include <getopt.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "fuzz.h"

#define INPUT_MAX 16384
#define SEEDS_MAX 512
#define TOO_LONG 10 /* seconds: an input that takes longer is a failure, too */

typedef struct Seed {
        char *name;
        uint8_t *data;
        size_t size;
} Seed;

typedef struct Replay {
        Seed seeds[SEEDS_MAX];
        size_t n;
        unsigned seconds;
        uint64_t seed, only;
        const char *save;
        uint8_t data[INPUT_MAX];
        size_t size;
} Replay;

/* ---- what was being tried, for the end of the process ---- */

static char trying[256];

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void say_what(void) {
        ssize_t ignored UNUSED = write(STDERR_FILENO, trying, strlen(trying));
}

static void on_signal(int number) {
        say_what();
        (void) signal(number, SIG_DFL);
        (void) raise(number);
}

static void watch_the_end(void) {
        static const int ends[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};

        if (__sanitizer_set_death_callback)
                __sanitizer_set_death_callback(say_what);
        for (size_t i = 0; i < ELEMENTSOF(ends); i++)
                (void) signal(ends[i], on_signal);
}

static void try(const uint8_t *data, size_t size) {
        (void) alarm(TOO_LONG);
        (void) LLVMFuzzerTestOneInput(data, size);
        (void) alarm(0);
}

/* ---- seeds ---- */

static int read_seed(const char *path, const char *name, Seed *ret) {
        CLEANUP_FCLOSE FILE *file = fopen(path, "re");
        CLEANUP_FREE uint8_t *data = malloc(INPUT_MAX);
        size_t size;

        if (!file)
                return -errno;
        if (!data)
                return -ENOMEM;
        size = fread(data, 1, INPUT_MAX, file);
        *ret = (Seed){.name = strdup(name), .data = data, .size = size};
        data = NULL;
        return ret->name ? 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b) {
        return strcmp(((const Seed *) a)->name, ((const Seed *) b)->name);
}

static int read_seeds(Replay *replay, const char *directory) {
        DIR *dir = opendir(directory);
        struct dirent *entry;
        int r = 0;

        if (!dir)
                return -errno;
        while (r >= 0 && replay->n < SEEDS_MAX && (entry = readdir(dir))) {
                char path[4096];

                snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
                if (entry->d_name[0] != '.')
                        r = read_seed(path, entry->d_name, &replay->seeds[replay->n++]);
        }
        closedir(dir);
        if (r >= 0) /* the order of a directory is nobody's, and a mutation's number must mean the same */
                qsort(replay->seeds, replay->n, sizeof(Seed), by_name);
        return r;
}

static void free_seeds(Replay *replay) {
        for (size_t i = 0; i < replay->n; i++) {
                free(replay->seeds[i].name);
                free(replay->seeds[i].data);
        }
}

/* ---- mutations ---- */

/* splitmix64: small, and the same everywhere. */
static uint64_t next(uint64_t *state) {
        uint64_t z = (*state += 0x9e3779b97f4a7c15u);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n) {
        return n > 0 ? (size_t) (next(state) % n) : 0;
}

/* Octets that mean something in lengths, signs and tags. */
static uint8_t telling(uint64_t *state) {
        static const uint8_t octets[] = {0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x30, 0x40, 0x41, 0x42, 0x43,
                0x44, 0x46, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x9f, 0xa2, 0xa8, 0xff, 0xfe, 0x10};

        return octets[below(state, sizeof(octets))];
}

static void cut(Replay *replay, size_t at, size_t n) {
        n = MIN_OF(n, replay->size - at);
        memmove(replay->data + at, replay->data + at + n, replay->size - at - n);
        replay->size -= n;
}

static void insert(Replay *replay, size_t at, const uint8_t *data, size_t n) {
        uint8_t copy[64]; /* data may lie in what is moved */

        n = MIN_OF(MIN_OF(n, sizeof(copy)), INPUT_MAX - replay->size);
        memcpy(copy, data, n);
        memmove(replay->data + at + n, replay->data + at, replay->size - at);
        memcpy(replay->data + at, copy, n);
        replay->size += n;
}

/* The rest of this input from some place of another seed on. */
static void splice(Replay *replay, size_t at, uint64_t *state) {
        const Seed *other = &replay->seeds[below(state, replay->n)];
        size_t from = below(state, other->size), n = MIN_OF(other->size - from, INPUT_MAX - at);

        memcpy(replay->data + at, other->data + from, n);
        replay->size = at + n;
}

static void mutate_once(Replay *replay, uint64_t *state) {
        size_t at = below(state, replay->size), n = 1 + below(state, 16);
        uint8_t octet = telling(state);

        if (replay->size == 0) {
                insert(replay, 0, &octet, 1);
                return;
        }
        switch (below(state, 7)) {
        case 0:
                replay->data[at] ^= (uint8_t) (1u << below(state, 8));
                break;
        case 1:
                replay->data[at] = octet;
                break;
        case 2:
                replay->data[at] = (uint8_t) next(state);
                break;
        case 3:
                cut(replay, at, n);
                break;
        case 4:
                insert(replay, at, &octet, 1);
                break;
        case 5:
                insert(replay, at, replay->data + at, MIN_OF(n, replay->size - at));
                break;
        default:
                splice(replay, at, state);
        }
}

static void mutate(Replay *replay, uint64_t number) {
        uint64_t state = replay->seed ^ (number * 0xd1342543de82ef95u);
        const Seed *seed = &replay->seeds[below(&state, replay->n)];
        size_t times = 1 + below(&state, 6);

        replay->size = seed->size;
        memcpy(replay->data, seed->data, seed->size);
        while (times-- > 0)
                mutate_once(replay, &state);
}

static void save(const Replay *replay) {
        CLEANUP_FCLOSE FILE *file = replay->save ? fopen(replay->save, "we") : NULL;

        if (file)
                (void) fwrite(replay->data, 1, replay->size, file);
}

static void run_mutation(Replay *replay, uint64_t number) {
        mutate(replay, number);
        snprintf(trying, sizeof(trying), "in a mutation; again with: --seed %llu --mutation %llu\n",
                (unsigned long long) replay->seed, (unsigned long long) number);
        save(replay);
        try(replay->data, replay->size);
}

static uint64_t run_mutations(Replay *replay) {
        time_t end = time(NULL) + (time_t) replay->seconds;
        uint64_t number = 0;

        while (time(NULL) < end)
                run_mutation(replay, ++number);
        return number;
}

static void run_seeds(Replay *replay) {
        for (size_t i = 0; i < replay->n; i++) {
                snprintf(trying, sizeof(trying), "in the seed %.200s\n", replay->seeds[i].name);
                try(replay->seeds[i].data, replay->seeds[i].size);
        }
}

/* ---- the program ---- */

static bool parse(Replay *replay, int argc, char **argv) {
        static const struct option options[] = {{"seconds", required_argument, NULL, 't'},
                {"seed", required_argument, NULL, 's'}, {"mutation", required_argument, NULL, 'm'},
                {"save", required_argument, NULL, 'o'}, {0}};
        int c;

        while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
                if (c == 't')
                        replay->seconds = (unsigned) strtoul(optarg, NULL, 10);
                else if (c == 's')
                        replay->seed = strtoull(optarg, NULL, 10);
                else if (c == 'm')
                        replay->only = strtoull(optarg, NULL, 10);
                else if (c == 'o')
                        replay->save = optarg;
                else
                        return false;
        }
        return optind == argc - 1;
}

static int run_directory(Replay *replay, const char *directory) {
        int r = read_seeds(replay, directory);
        uint64_t n;

        if (r < 0 || replay->n == 0) {
                fprintf(stderr, "%s: no seeds: %s\n", directory, r < 0 ? strerror(-r) : "it is empty");
                return EXIT_FAILURE;
        }
        if (replay->only > 0) {
                run_mutation(replay, replay->only);
                return EXIT_SUCCESS;
        }
        run_seeds(replay);
        printf("%zu seeds; seed of the mutations: %llu\n", replay->n, (unsigned long long) replay->seed);
        fflush(stdout);
        n = run_mutations(replay);
        printf("%llu mutations\n", (unsigned long long) n);
        return EXIT_SUCCESS;
}

static int run_file(const char *path) {
        Seed seed = {0};
        int r = read_seed(path, path, &seed);

        if (r < 0) {
                fprintf(stderr, "%s: %s\n", path, strerror(-r));
                return EXIT_FAILURE;
        }
        snprintf(trying, sizeof(trying), "in %.200s\n", path);
        try(seed.data, seed.size);
        free(seed.name);
        free(seed.data);
        return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
        CLEANUP(free_seeds) Replay replay = {.seconds = getenv("HSMD_LONG") ? 120 : 3};
        struct stat status;

        replay.seed = (uint64_t) time(NULL) << 16 ^ (uint64_t) getpid();
        if (!parse(&replay, argc, argv)) {
                fprintf(stderr,
                        "usage: %s DIRECTORY [--seconds S] [--seed N] [--mutation K] [--save FILE]\n"
                        "       %s FILE\n",
                        argv[0], argv[0]);
                return EXIT_FAILURE;
        }
        watch_the_end();
        if (stat(argv[optind], &status) == 0 && S_ISREG(status.st_mode))
                return run_file(argv[optind]);
        return run_directory(&replay, argv[optind]);
}
