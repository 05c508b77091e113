#ifndef HSMD_LINK_H
#define HSMD_LINK_H
/* The witnesses of this host's own links: an interface's carrier, and whether its gateway answers to address
 * resolution. Nothing is read from the network: carrier and neighbour table are the kernel's, told by
 * netlink; a datagram to the gateway's discard port makes the kernel ask for its address. Never blocks. */

#include <systemd/sd-event.h>

#include "config.h"

typedef struct Links Links;

/* gone: of links[index] of the configuration. Called on every change, and once soon after links_new. */
typedef void (*LinkWitness)(size_t index, bool gone, const char *why, void *userdata);

int links_new(sd_event *event, const Config *config, LinkWitness witness, void *userdata, Links **ret);
Links *links_free(Links *links);
/* Asks the gateway now: a machine behind that link has just failed. Also asked by itself every ten seconds.
 */
void links_ask(Links *links, size_t index);

#endif
