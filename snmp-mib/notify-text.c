#include "notify-text.h"

#include "utf8.h"

iconv_t notify_text_open(void) {
        return iconv_open("GB18030", "UTF-8");
}

void notify_text_close(iconv_t *gb18030) {
        if (*gb18030 != (iconv_t) -1)
                iconv_close(*gb18030);
        *gb18030 = (iconv_t) -1;
}

size_t notify_text(const iconv_t *gb18030, const char *text, uint8_t dst[static NOTIFY_TEXT_MAX]) {
        char whole[NOTIFY_TEXT_MAX + 1], *in = whole, *out = (char *) dst;
        size_t n_in, room = NOTIFY_TEXT_MAX;

        utf8_repair(whole, sizeof(whole), text);
        n_in = strlen(whole);
        if (!gb18030) {
                memcpy(dst, whole, n_in);
                return n_in;
        }
        iconv(*gb18030, NULL, NULL, NULL, NULL);
        /* what has no room is left out: it stops between two characters */
        (void) iconv(*gb18030, &in, &n_in, &out, &room);
        return NOTIFY_TEXT_MAX - room;
}
