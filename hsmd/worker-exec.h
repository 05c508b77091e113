#ifndef HSMD_WORKER_EXEC_H
#define HSMD_WORKER_EXEC_H
/* The moment between fork and exec, where only async-signal-safe calls are allowed: hsmd has threads. */

#include "worker.h"

/* Forks and execs; *ret_socket is our end of the pair, *ret_output the reading end of its stdout and stderr,
 * both non-blocking. Negative errno; a failed exec is a child that says so on its output and exits with 127.
 */
int worker_exec(const WorkerSpec *spec, pid_t *ret_pid, int *ret_pidfd, int *ret_socket, int *ret_output);

#endif
