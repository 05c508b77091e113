#ifndef HSMD_LINK_H
#define HSMD_LINK_H
/* The witnesses of this host's own links: an interface's carrier, and whether its gateway is still there.
 * Nothing is read from the network: carrier and neighbour table are the kernel's, told by netlink. A datagram
 * to the gateway's discard port makes the kernel ask for its address, and most gateways answer it with an
 * ICMP error, which the kernel tells as an error of the socket. Never blocks.
 *
 *   link.c         the links: who is asked when, and what it comes to
 *   link-kernel.h  the kernel's word on interfaces and neighbours
 *
 * The kernel believes a neighbour that it has heard of for up to 45 s before it asks again, which is too late
 * for us. So a gateway that has answered datagrams with an error before and leaves two in a row unanswered,
 * a second each, is gone too. */

#include <systemd/sd-event.h>

#include "config.h"

typedef struct Links Links;

/* gone: of links[index] of the configuration. Called on every change, whenever the gateway was asked and it
 * is known what that came to, and once soon after links_new. why: in English, when it is gone; else "". */
typedef void (*LinkWitness)(size_t index, bool gone, const char *why, void *userdata);

/* Keeps nothing of config. Negative errno. */
int links_new(sd_event *event, const Config *config, LinkWitness witness, void *userdata, Links **ret);
Links *links_free(Links *links);
/* Asks the gateway now: a machine behind that link has just failed. Also asked by itself every ten seconds.
 */
void links_ask(Links *links, size_t index);
/* Whether it was asked and has not been heard of yet: what it comes to is told within ten seconds, mostly
 * within two. */
bool links_pending(const Links *links, size_t index);

#endif
