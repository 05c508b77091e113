/* Network addresses: numeric only. */
#include "config-address.h"

#include <arpa/inet.h>

static int parse_port(const char *text, unsigned *ret) {
        size_t n = strspn(text, "0123456789");

        if (n == 0 || n > 5 || text[n] != '\0')
                return -EINVAL;
        unsigned long port = strtoul(text, NULL, 10);
        if (port == 0 || port > UINT16_MAX)
                return -EINVAL;
        *ret = (unsigned) port;
        return 0;
}

/* Splits "[host]:port", "host:port", "[host]" or "host"; *ret_port is the port's text or NULL. */
static int split(char *text, char **ret_host, char **ret_port) {
        char *end;

        if (text[0] == '[') {
                end = strchr(text, ']');
                if (!end || (end[1] != '\0' && end[1] != ':'))
                        return -EINVAL;
                *end = '\0';
                *ret_host = text + 1;
                *ret_port = end[1] == ':' ? end + 2 : NULL;
                return AF_INET6;
        }
        end = strchr(text, ':');
        if (end)
                *end = '\0';
        *ret_host = text;
        *ret_port = end ? end + 1 : NULL;
        return AF_INET;
}

int address_normalise(const char *text, unsigned default_port, char **ret) {
        char buffer[128], number[INET6_ADDRSTRLEN], *host, *port_text, *result;
        unsigned char binary[sizeof(struct in6_addr)];
        unsigned port = default_port;

        if (!copy_text(buffer, sizeof(buffer), text))
                return -EINVAL;
        int family = split(buffer, &host, &port_text);
        if (family < 0 || inet_pton(family, host, binary) != 1)
                return -EINVAL;
        if (port_text && parse_port(port_text, &port) < 0)
                return -EINVAL;
        if (port == 0)
                return -EINVAL;
        inet_ntop(family, binary, number, sizeof(number));
        bool six = family == AF_INET6;
        if (asprintf(&result, "%s%s%s:%u", six ? "[" : "", number, six ? "]" : "", port) < 0)
                return -ENOMEM;
        *ret = result;
        return 0;
}

int address_host(const char *text, char **ret) {
        char number[INET6_ADDRSTRLEN], *result;
        unsigned char binary[sizeof(struct in6_addr)];
        int family = strchr(text, ':') ? AF_INET6 : AF_INET;

        if (inet_pton(family, text, binary) != 1)
                return -EINVAL;
        inet_ntop(family, binary, number, sizeof(number));
        result = strdup(number);
        if (!result)
                return -ENOMEM;
        *ret = result;
        return 0;
}

static bool is_numeric_behind(const char *text, const char *prefix, bool six) {
        CLEANUP_FREE char *normal = NULL;
        size_t n = strlen(prefix);

        if (strncmp(text, prefix, n) != 0 || (text[n] == '[') != six)
                return false;
        return address_normalise(text + n, 0, &normal) == 0;
}

bool address_is_udp(const char *text) {
        return is_numeric_behind(text, "udp:", false) || is_numeric_behind(text, "udp6:", true);
}

bool address_is_agentx(const char *text) {
        return text[0] == '/' || is_numeric_behind(text, "tcp:", false) ||
               is_numeric_behind(text, "tcp6:", true);
}
