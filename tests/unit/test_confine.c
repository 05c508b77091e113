/* Confinement: every way of ending another process of the same user, or of taking its files from it, is tried
 * by a child that is confined, and by one that is not, which shows that the way is one. */
#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "confine.h"
#include "unit.h"

enum { DONE = 0, REFUSED = 1, OTHERWISE = 2, NOT_CONFINED = 3 };

typedef struct World {
        pid_t victim; /* lives as long as the test */
        char file[32];
} World;

/* 0 or a negative errno. */
typedef int (*Attempt)(const World *world);

static int result(long r) {
        return r < 0 ? -errno : 0;
}

static int limit_processor_time(const World *w) {
        const struct rlimit second = {1, 1};

        return result(prlimit(w->victim, RLIMIT_CPU, &second, NULL));
}

static int take_descriptors(const World *w) {
        const struct rlimit none = {0, 0};

        return result(prlimit(w->victim, RLIMIT_NOFILE, &none, NULL));
}

static int signal_zero(const World *w) {
        return result(kill(w->victim, 0));
}

static int own_a_socket(const World *w) {
        int fds[2];

        return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ? -EIO
                                                            : result(fcntl(fds[0], F_SETOWN, w->victim));
}

static int own_a_socket_by_type(const World *w) {
        const struct f_owner_ex owner = {.type = F_OWNER_PID, .pid = w->victim};
        int fds[2];

        return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ? -EIO
                                                            : result(fcntl(fds[0], F_SETOWN_EX, &owner));
}

static int own_a_socket_by_ioctl(const World *w) {
        int fds[2];

        return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ? -EIO
                                                            : result(ioctl(fds[0], FIOSETOWN, &w->victim));
}

static int choose_a_signal(const World *w UNUSED) {
        return result(fcntl(0, F_SETSIG, SIGKILL));
}

static int starve(const World *w) {
        const struct sched_param p = {0};

        return result(sched_setscheduler(w->victim, SCHED_IDLE, &p));
}

static int slow_down(const World *w) {
        return result(setpriority(PRIO_PROCESS, (id_t) w->victim, 19));
}

static int change_mode(const World *w) {
        return result(chmod(w->file, 0600));
}

static int change_mode_at(const World *w) {
        return result(fchmodat(AT_FDCWD, w->file, 0600, 0));
}

static int change_owner(const World *w) {
        return result(chown(w->file, getuid(), getgid()));
}

static const struct {
        const char *name;
        Attempt attempt;
} harm[] = {{"limit_processor_time", limit_processor_time}, {"take_descriptors", take_descriptors},
        {"signal_zero", signal_zero}, {"own_a_socket", own_a_socket},
        {"own_a_socket_by_type", own_a_socket_by_type}, {"own_a_socket_by_ioctl", own_a_socket_by_ioctl},
        {"choose_a_signal", choose_a_signal}, {"starve", starve}, {"slow_down", slow_down},
        {"change_mode", change_mode}, {"change_mode_at", change_mode_at}, {"change_owner", change_owner}};

/* What modules do to themselves is their own business. */
static int limit_oneself(const World *w UNUSED) {
        struct rlimit l;
        int r = result(getrlimit(RLIMIT_NOFILE, &l));

        if (r == 0)
                r = result(setrlimit(RLIMIT_NOFILE, &l));
        return r == 0 ? result(prlimit(getpid(), RLIMIT_NOFILE, NULL, &l)) : r;
}

static int signal_oneself(const World *w UNUSED) {
        return result(kill(getpid(), 0));
}

static int use_descriptors(const World *w UNUSED) {
        int fds[2], waiting;
        int r = result(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));

        if (r == 0)
                r = result(fcntl(fds[0], F_SETFL, O_NONBLOCK));
        return r == 0 ? result(ioctl(fds[0], FIONREAD, &waiting)) : r;
}

static void *return_at_once(void *argument) {
        return argument;
}

static int run_a_thread(const World *w UNUSED) {
        pthread_t thread;
        int r = -pthread_create(&thread, NULL, return_at_once, NULL);

        return r < 0 ? r : -pthread_join(thread, NULL);
}

static const struct {
        const char *name;
        Attempt attempt;
} harmless[] = {{"limit_oneself", limit_oneself}, {"signal_oneself", signal_oneself},
        {"use_descriptors", use_descriptors}, {"run_a_thread", run_a_thread}};

/* In a child of its own, since confinement is for life. */
static int outcome(const World *w, Attempt attempt, bool confined) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                int r = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || (confined && confine(NULL, 0) < 0)
                                ? 1
                                : attempt(w);

                _exit(r == 0                          ? DONE
                        : r == -EPERM || r == -EACCES ? REFUSED
                        : r > 0                       ? NOT_CONFINED
                                                      : OTHERWISE);
        }
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : OTHERWISE;
}

static void start_victim(World *w) {
        w->victim = fork();
        if (w->victim == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                        pause();
        }
        assert_true(w->victim > 0);
}

static void end_victim(World *w) {
        kill(w->victim, SIGKILL);
        waitpid(w->victim, NULL, 0);
}

static int setup(void **state) {
        static World w;

        copy_text(w.file, sizeof(w.file), "/tmp/hsmd-confine-XXXXXX");
        assert_true(close(mkstemp(w.file)) == 0);
        *state = &w;
        return 0;
}

static int teardown(void **state) {
        return unlink(((World *) *state)->file);
}

static void others_and_their_files_are_out_of_reach(void **state) {
        World *w = *state;

        for (size_t i = 0; i < ELEMENTSOF(harm); i++) {
                int confined, unconfined;

                start_victim(w); /* a new one each: the last may be past harming */
                unconfined = outcome(w, harm[i].attempt, false);
                confined = outcome(w, harm[i].attempt, true);
                end_victim(w);
                if (unconfined != DONE || confined != REFUSED)
                        fail_msg("%s: unconfined %d, confined %d", harm[i].name, unconfined, confined);
        }
}

static void ordinary_work_goes_on(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(harmless); i++) {
                int got = outcome(*state, harmless[i].attempt, true);

                if (got != DONE)
                        fail_msg("%s: %d", harmless[i].name, got);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(others_and_their_files_are_out_of_reach, setup, teardown),
                cmocka_unit_test_setup_teardown(ordinary_work_goes_on, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
