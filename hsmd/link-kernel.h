#ifndef HSMD_LINK_KERNEL_H
#define HSMD_LINK_KERNEL_H
/* What the kernel says of interfaces and neighbours, by rtnetlink. Never blocks. */

#include <systemd/sd-event.h>

#include "macro.h"

typedef struct LinkKernel LinkKernel;

typedef struct LinkKernelOps {
        /* An interface, when it changes and in the list of all. */
        void (*interface)(const char *name, unsigned index, bool carrier, void *userdata);
        void (*removed)(const char *name, void *userdata);
        /* The list of all was told. */
        void (*listed)(void *userdata);
        /* A neighbour's state (NUD_…). asked: the answer to link_kernel_neighbour; else news. */
        void (*neighbour)(unsigned interface, int family, const void *address, unsigned state, bool asked,
                void *userdata);
} LinkKernelOps;

/* Asks for the list of all interfaces, too. ops is kept. Negative errno. */
int link_kernel_new(sd_event *event, const LinkKernelOps *ops, void *userdata, LinkKernel **ret);
LinkKernel *link_kernel_free(LinkKernel *kernel);
/* Asks what is known of a neighbour; nothing is sent to it. */
void link_kernel_neighbour(LinkKernel *kernel, unsigned interface, int family, const void *address);

#endif
