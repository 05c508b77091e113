/* The supervisor: workers are started clean, and end with everything that they started. /bin/sh stands in as
 * worker. */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "hsmd/worker.h"
#include "unit.h"

#define DEADLINE (20 * USEC_PER_SEC)

typedef struct World {
        sd_event *event;
        Supervisor *supervisor;
        Worker *worker;
        bool ended, stopped;
        WorkerEnd end;
        char directory[64], path[96];
} World;

static void on_message(
        Worker *w UNUSED, int type UNUSED, const void *m UNUSED, int fd UNUSED, void *userdata UNUSED) {
}

static void on_ended(Worker *w UNUSED, const WorkerEnd *end, void *userdata) {
        World *world = userdata;

        world->ended = true;
        world->end = *end;
        world->worker = NULL;
}

static void on_stopped(Worker *w UNUSED, bool stopped, void *userdata) {
        ((World *) userdata)->stopped = stopped;
}

static const WorkerOps ops = {.message = on_message, .ended = on_ended, .stopped = on_stopped};

static int setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        copy_text(w->directory, sizeof(w->directory), "/tmp/hsmd-worker-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        snprintf(w->path, sizeof(w->path), "%s/told", w->directory);
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(supervisor_new(w->event, NULL, &w->supervisor), 0);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        World *w = *state;

        supervisor_free(w->supervisor);
        sd_event_unref(w->event);
        unlink(w->path);
        rmdir(w->directory);
        free(w);
        return 0;
}

/* Runs a shell script as the worker; TOLD in its environment is a file for what it has to say. */
static void start(World *w, const char *script) {
        char told[128];
        const char *argv[] = {"sh", "-c", script, NULL};
        char *environment[] = {told, (char *) (uintptr_t) "PATH=/usr/bin:/bin", NULL};
        WorkerSpec spec = {.name = "test",
                .program = "/bin/sh",
                .argv = argv,
                .environment = environment,
                .cwd = w->directory};

        snprintf(told, sizeof(told), "TOLD=%s", w->path);
        w->ended = false;
        assert_int_equal(worker_start(w->supervisor, &spec, &ops, w, &w->worker), 0);
}

#define RUN_UNTIL(w, condition)                                                                              \
        do {                                                                                                 \
                usec_t until = now_monotonic() + DEADLINE;                                                   \
                while (!(condition)) {                                                                       \
                        assert_true(now_monotonic() < until);                                                \
                        assert_true(sd_event_run((w)->event, 20 * USEC_PER_MSEC) >= 0);                      \
                }                                                                                            \
        } while (0)

static bool told_line(const World *w, char *dst, size_t size) {
        FILE *f = fopen(w->path, "re");
        bool there;

        if (!f)
                return false;
        there = fgets(dst, (int) size, f) && strchr(dst, '\n');
        fclose(f);
        return there;
}

static void an_end_is_told_with_its_status(void **state) {
        World *w = *state;

        start(w, "exit 7");
        RUN_UNTIL(w, w->ended);
        assert_int_equal(w->end.code, CLD_EXITED);
        assert_int_equal(w->end.status, 7);
        assert_int_equal(supervisor_workers(w->supervisor), 0);
}

static void a_program_that_is_not_there_ends_with_127(void **state) {
        World *w = *state;
        const char *argv[] = {"x", NULL};
        char *environment[] = {NULL};
        WorkerSpec spec = {.name = "test",
                .program = "/nonexistent/hsmd-probe",
                .argv = argv,
                .environment = environment};

        assert_int_equal(worker_start(w->supervisor, &spec, &ops, w, &w->worker), 0);
        RUN_UNTIL(w, w->ended);
        assert_int_equal(w->end.status, 127);
}

static void a_worker_starts_clean(void **state) {
        World *w = *state;
        char line[256] = "";
        sigset_t mask;

        /* what hsmd has blocked, ignored and opened is not the worker's */
        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigprocmask(SIG_BLOCK, &mask, NULL);
        signal(SIGPIPE, SIG_IGN);
        setenv("NOTIFY_SOCKET", "/nonexistent", 1);
        start(w, "echo $(grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n') $(ls /proc/$$/fd | tr "
                 "'\\n' ' ') "
                 "notify=$NOTIFY_SOCKET cwd=$(pwd) > $TOLD");
        RUN_UNTIL(w, w->ended);
        assert_true(told_line(w, line, sizeof(line)));
        assert_non_null(strstr(line, "SigBlk: 0000000000000000SigIgn: 0000000000000000"));
        assert_non_null(strstr(line, " 0 1 2 3 "));
        assert_non_null(strstr(line, "notify= "));
        assert_non_null(strstr(line, w->directory));
        unsetenv("NOTIFY_SOCKET");
        sigprocmask(SIG_UNBLOCK, &mask, NULL);
}

static void closing_runs_out_and_kills(void **state) {
        World *w = *state;
        char line[32];

        start(w, "trap '' TERM; echo ready > $TOLD; while :; do sleep 1; done");
        RUN_UNTIL(w, told_line(w, line, sizeof(line)));
        worker_close(w->worker, 50 * USEC_PER_MSEC, false);
        RUN_UNTIL(w, w->ended);
        assert_true(w->end.killed_by_us);
        assert_true(w->end.closing);
        assert_int_equal(w->end.code, CLD_KILLED);
}

static void a_stop_is_told_and_a_continue_too(void **state) {
        World *w = *state;

        start(w, "while :; do sleep 1; done");
        kill(worker_pid(w->worker), SIGSTOP);
        RUN_UNTIL(w, w->stopped);
        kill(worker_pid(w->worker), SIGCONT);
        RUN_UNTIL(w, !w->stopped);
        worker_kill(w->worker, false);
        RUN_UNTIL(w, w->ended);
}

/* A vendor's module that leaves a daemon behind: it ignores SIGTERM, has a session of its own and keeps the
 * socket. */
static void nothing_remains_of_a_daemon_that_a_worker_left(void **state) {
        World *w = *state;
        char line[32];
        pid_t daemon_pid;

        start(w, "setsid sh -c 'trap \"\" TERM; echo $$ > $TOLD.new; mv $TOLD.new $TOLD; while :; do sleep "
                 "1; done' & "
                 "while :; do sleep 1; done");
        RUN_UNTIL(w, told_line(w, line, sizeof(line)));
        daemon_pid = (pid_t) atoi(line);
        assert_int_equal(kill(daemon_pid, 0), 0);
        worker_kill(w->worker, false);
        RUN_UNTIL(w, w->ended);
        RUN_UNTIL(w, kill(daemon_pid, 0) < 0 && errno == ESRCH);
        /* its own `sleep` as well */
        RUN_UNTIL(w, waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void a_worker_that_dies_by_itself_leaves_nothing_either(void **state) {
        World *w = *state;
        char line[32];
        pid_t daemon_pid;

        start(w, "setsid sh -c 'trap \"\" TERM; echo $$ > $TOLD.new; mv $TOLD.new $TOLD; while :; do sleep "
                 "1; done' & "
                 "until [ -e $TOLD ]; do sleep 0.02; done; kill -9 $$");
        RUN_UNTIL(w, w->ended);
        assert_int_equal(w->end.status, SIGKILL);
        assert_false(w->end.killed_by_us);
        assert_true(told_line(w, line, sizeof(line)));
        daemon_pid = (pid_t) atoi(line);
        RUN_UNTIL(w, kill(daemon_pid, 0) < 0 && errno == ESRCH);
}

/* A process that cannot be reaped: its tracer does not let go. A corpse in state D looks the same from here.
 */
static void trace_without_waiting(pid_t pid, int told) {
        if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
                _exit(1);
        if (write(told, "", 1) != 1)
                _exit(1);
        for (;;)
                pause();
}

static void an_unkillable_worker_is_not_waited_for(void **state) {
        World *w = *state;
        usec_t began;
        pid_t tracer;
        int fds[2];
        char c;

        start(w, "while :; do sleep 1; done");
        assert_int_equal(pipe(fds), 0);
        tracer = fork();
        if (tracer == 0)
                trace_without_waiting(worker_pid(w->worker), fds[1]);
        close(fds[1]);
        if (read(fds[0], &c, 1) != 1)
                skip(); /* nobody may trace here */
        close(fds[0]);
        began = now_monotonic();
        w->supervisor = supervisor_free(w->supervisor);
        assert_true(now_monotonic() - began < USEC_PER_SEC);
        kill(tracer, SIGKILL);
        while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
                ;
}

/* Two generations: a killed process's own child becomes ours only when it has ended. */
static void the_end_of_the_supervisor_leaves_nothing(void **state) {
        World *w = *state;
        char line[32];

        start(w, "setsid sh -c 'sh -c \"echo ready > $TOLD.new; mv $TOLD.new $TOLD; while :; do sleep 1; "
                 "done\"; :' & while :; do sleep 1; done");
        RUN_UNTIL(w, told_line(w, line, sizeof(line)));
        w->supervisor = supervisor_free(w->supervisor);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(an_end_is_told_with_its_status, setup, teardown),
                cmocka_unit_test_setup_teardown(a_program_that_is_not_there_ends_with_127, setup, teardown),
                cmocka_unit_test_setup_teardown(a_worker_starts_clean, setup, teardown),
                cmocka_unit_test_setup_teardown(closing_runs_out_and_kills, setup, teardown),
                cmocka_unit_test_setup_teardown(a_stop_is_told_and_a_continue_too, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        nothing_remains_of_a_daemon_that_a_worker_left, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_worker_that_dies_by_itself_leaves_nothing_either, setup, teardown),
                cmocka_unit_test_setup_teardown(an_unkillable_worker_is_not_waited_for, setup, teardown),
                cmocka_unit_test_setup_teardown(the_end_of_the_supervisor_leaves_nothing, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
