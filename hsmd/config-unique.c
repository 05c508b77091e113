/* Values that must not occur twice. */
#include "config-reader.h"

static int compare_values(const Seen *a, const Seen *b) {
        if (a->text && b->text)
                return strcmp(a->text, b->text);
        return (a->number > b->number) - (a->number < b->number);
}

/* Equal values in the order of the file, so that the later one is the mistake. */
static int compare(const void *pa, const void *pb) {
        const Seen *a = pa, *b = pb;
        int c = compare_values(a, b);

        return c != 0 ? c : (a->order > b->order) - (a->order < b->order);
}

static void refuse(Reader *r, const Seen *seen, const Seen *first, const char *what) {
        unsigned line = config_setting_source_line(first->at);

        if (seen->text)
                config_error(r, seen->at, "%s \"%s\" is already used in line %u; each may be used once", what,
                        seen->text, line);
        else
                config_error(r, seen->at, "%s %llu is already used in line %u; each may be used once", what,
                        (unsigned long long) seen->number, line);
}

void seen_number(SeenList *list, uint32_t number, const config_setting_t *at) {
        if (number == 0 || !list->seen)
                return;
        list->seen[list->n] = (Seen){.number = number, .at = at, .order = list->n};
        list->n++;
}

void seen_text(SeenList *list, const char *text, const config_setting_t *at) {
        if (!text || !list->seen)
                return;
        list->seen[list->n] = (Seen){.text = text, .at = at, .order = list->n};
        list->n++;
}

void refuse_duplicates(Reader *r, SeenList *list, const char *what) {
        size_t first = 0;

        if (list->n < 2)
                return;
        qsort(list->seen, list->n, sizeof(Seen), compare);
        for (size_t i = 1; i < list->n; i++) {
                if (compare_values(&list->seen[i], &list->seen[first]) == 0)
                        refuse(r, &list->seen[i], &list->seen[first], what);
                else
                        first = i;
        }
}

static int compare_numbers(const void *a, const void *b) {
        uint32_t na = *(const uint32_t *) a, nb = *(const uint32_t *) b;

        return (na > nb) - (na < nb);
}

void sort_by_number(void *array, size_t n, size_t size) {
        if (n > 1)
                qsort(array, n, size, compare_numbers);
}
