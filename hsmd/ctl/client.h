#ifndef HSMD_CTL_CLIENT_H
#define HSMD_CTL_CLIENT_H
/* A connection to hsmd. Every call has a deadline; nothing here blocks longer, not even when hsmd is stopped.
 */

#include <systemd/sd-bus.h>

#include "options.h"

#define CLIENT_DEADLINE (1800 * USEC_PER_MSEC) /* so that a person reads "does not answer" within 2 s */

typedef struct Client Client;

/* Connects. -ENOENT or -ECONNREFUSED: hsmd is not running; -EACCES: the socket is not for this user;
 * -ETIMEDOUT: it does not even accept. */
int client_new(const char *socket, Client **ret);
Client *client_free(Client *client);

/* While a call waits and one of the descriptors (-1: none) is readable, the handler is called, which reads
 * it; true ends the call with -EINTR. */
typedef bool (*ClientInterrupt)(void *userdata);
void client_interrupt_by(Client *client, int fd1, int fd2, ClientInterrupt handler, void *userdata);

/* Calls a method with arguments as sd_bus_message_append takes them. *ret_reply is the caller's to unref.
 * -ETIMEDOUT: no answer by the deadline; -ECONNRESET: hsmd went away; -EINTR; -EREMOTEIO: hsmd answered an
 * error, see client_error. After any of these but the last the connection is useless. */
int client_call(Client *client, usec_t deadline, sd_bus_message **ret_reply, const char *method,
        const char *types, ...);

/* The error of the last -EREMOTEIO. */
const sd_bus_error *client_error(const Client *client);

/* Says on stderr why hsmd could not be asked (error: negative errno of the functions above), and what to do.
 */
ExitCode client_complain(const Options *o, const Client *client, int error);

static inline void client_freep(Client **client) {
        client_free(*client);
}
static inline void message_unrefp(sd_bus_message **m) {
        sd_bus_message_unref(*m);
}
#define CLEANUP_CLIENT CLEANUP(client_freep)
#define CLEANUP_MESSAGE CLEANUP(message_unrefp)

#endif
