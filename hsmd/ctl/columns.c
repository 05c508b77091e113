#include "columns.h"

#include "width.h"

#define TEXT_SIZE 512

void columns_start(Column *columns, size_t n) {
        for (size_t i = 0; i < n; i++)
                columns[i].width = text_width(columns[i].heading);
}

void column_widen(Column *c, const char *text, size_t most) {
        size_t width = text_width(text);

        c->width = MAX_OF(c->width, MIN_OF(width, most));
}

size_t columns_width(const Column *columns, size_t n, size_t indent) {
        size_t all = indent, shown = 0;

        for (size_t i = 0; i < n; i++) {
                all += columns[i].width;
                shown += columns[i].width > 0;
        }
        return all + (shown > 1 ? (shown - 1) * COLUMN_GAP : 0);
}

void column_narrow(const Screen *s, Column *columns, size_t n, size_t indent, size_t which, size_t least) {
        size_t all = columns_width(columns, n, indent), width = columns[which].width;

        if (all > s->width && width > least)
                columns[which].width = width - MIN_OF(all - s->width, width - least);
}

void line_cell(const Screen *s, size_t *used, Colour colour, const char *text, size_t width, bool last) {
        size_t left = s->width > *used ? s->width - *used : 0;

        screen_cell(s, colour, text, last ? left : MIN_OF(width, left), !last);
        *used += width;
        if (last) {
                fputc('\n', s->f);
                return;
        }
        for (size_t i = 0; i < COLUMN_GAP && *used < s->width; i++, (*used)++)
                fputc(' ', s->f);
}

void put_headings(const Screen *s, const Column *columns, size_t n, size_t indent) {
        size_t used = indent;

        fprintf(s->f, "%*s", (int) indent, "");
        for (size_t i = 0; i < n; i++)
                if (columns[i].width > 0 || i + 1 == n)
                        line_cell(s, &used, COLOUR_DIM, columns[i].heading, columns[i].width, i + 1 == n);
}

void put_wrapped(const Screen *s, Colour colour, size_t indent, const char *text) {
        size_t columns = s->width > indent + 8 ? s->width - indent : 8;

        for (const char *rest = text; *rest;) {
                size_t n = wrap_length(rest, columns), shown = MIN_OF(n, (size_t) TEXT_SIZE - 1);
                char line[TEXT_SIZE];

                while (shown > 0 && rest[shown - 1] == ' ')
                        shown--;
                snprintf(line, sizeof(line), "%.*s", (int) shown, rest);
                fprintf(s->f, "%*s", (int) indent, "");
                screen_cell(s, colour, line, columns, false);
                fputc('\n', s->f);
                rest += n;
                rest += strspn(rest, " ");
        }
}
