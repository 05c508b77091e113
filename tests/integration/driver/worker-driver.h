#ifndef HSMD_WORKER_DRIVER_H
#define HSMD_WORKER_DRIVER_H
/* What plays hsmd to a worker: starts it with its socket as descriptor 3, turns command lines on stdin into
 * messages, and prints each message of the worker as one JSON line. The end of stdin closes the worker's
 * stream. Every driver knows
 *
 *   close | ping SEQUENCE
 *   deaf | hear           stop and go on reading what the worker sends
 *
 * and prints hello, pong, and at last exit with status or signal. */

#include "protocol.h"

typedef struct WorkerDriver WorkerDriver;

typedef struct WorkerDriverOps {
        const char *name; /* of the program, for messages */
        /* A command that not every driver knows; may write to the line. -ENOTSUP: it is unknown. */
        int (*command)(const WorkerDriver *driver, char *line);
        /* Prints a message; false: it is none that is known. */
        bool (*print)(int type, const void *message);
} WorkerDriverOps;

int worker_driver_main(int argc, char **argv, const WorkerDriverOps *ops);

/* Unlike hsmd, a driver waits for room. */
int driver_send(const WorkerDriver *driver, const MessageHead *message);
int driver_send_plain(const WorkerDriver *driver, MessageType type, uint64_t sequence);

/* Calls set for each KEY=VALUE of the words. */
typedef void (*DriverSet)(void *message, const char *key, char *value);
void driver_set_all(void *message, char *words, DriverSet set);
uint32_t driver_number(const char *text);

/* ,"key":"text" and ,"key":value */
void driver_print_text(const char *key, const char *text);
void driver_print_number(const char *key, uint64_t value);

#endif
