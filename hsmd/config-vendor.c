/* Vendor profiles: vendors/NAME.conf says what a vendor adds to the PKCS#11 standard. */
#include <unistd.h>

#include "config-reader.h"
#include "mechanisms.h"

#define INDEX_MAX 9999
#define CKR_VENDOR_DEFINED 0x80000000 /* PKCS#11 v2.40, section 11.1 */
#define MECHANISMS_MAX (PROTOCOL_MECHANISMS_MAX - (uint32_t) n_standard_mechanisms)

/* Below CKM_VENDOR_DEFINED a number is the standard's, and above 32 bits it is nobody's. */
static bool parse_hex(const char *text, uint64_t *ret) {
        size_t n = strncmp(text, "0x", 2) == 0 ? strspn(text + 2, "0123456789abcdefABCDEF") : 0;

        if (n == 0 || n > 8 || text[2 + n] != '\0')
                return false;
        *ret = strtoull(text, NULL, 16);
        return true;
}

/* Vendors write their numbers in hexadecimal, and so do profiles: 0x80008104 (which libconfig reads as a
 * negative integer of the same 32 bits), 0x80008104L or "0x80008104". */
static config_setting_t *read_vendor_number(const Section *s, const char *key, uint64_t *target) {
        config_setting_t *at = config_get(s, key);
        long long integer;
        uint64_t number;

        if (!at)
                return NULL;
        if (setting_integer(at, &integer) && config_setting_get_format(at) == CONFIG_FORMAT_HEX) {
                number = (uint32_t) integer;
        } else if (config_setting_type(at) != CONFIG_TYPE_STRING ||
                   !parse_hex(config_setting_get_string(at), &number)) {
                config_error(s->reader, at,
                        "“%s” is no vendor's number; write it in hexadecimal, as 0x80008104", key);
                return NULL;
        }
        *target = number;
        return at;
}

static uint32_t read_enum_or(const Section *s, const char *key, const NameTable *table, unsigned otherwise) {
        unsigned value = otherwise;

        read_enum(s, key, table, &value);
        return value;
}

/* What a mechanism of one use says nothing about would only seem to matter. */
static void refuse_key(const Section *s, const char *key, bool meant, const char *where) {
        config_setting_t *at = config_get(s, key);

        if (at && !meant)
                config_error(s->reader, at, "“%s” means nothing with %s; remove it", key, where);
}

/* --- one mechanism --- */

static void read_name(const Section *s, ProbeMechanism *m) {
        CLEANUP_FREE char *name = NULL;
        config_setting_t *at = read_string(s, "name", sizeof(m->name) - 1, check_name, &name);

        if (!at)
                return;
        copy_text(m->name, sizeof(m->name), name);
        for (size_t i = 0; i < n_standard_mechanisms; i++)
                if (streq(standard_mechanisms[i].name, name))
                        config_error(s->reader, at,
                                "\"%s\" is the name of a mechanism of the standard, number 0x%llx; write "
                                "another name",
                                name, (unsigned long long) standard_mechanisms[i].number);
}

/* RSA and EC sign by the standard's mechanisms alone: no vendor has needed another one. */
static bool fits(MechanismUse use, KeyType type) {
        switch (use) {
        case USE_SIGN:
                return type == KEY_TYPE_SM2;
        case USE_DECRYPT:
                return type == KEY_TYPE_SM2 || type == KEY_TYPE_RSA;
        case USE_ENCRYPT:
                return type == KEY_TYPE_SM4 || type == KEY_TYPE_AES;
        case USE_MAC:
                return type == KEY_TYPE_SM4 || type == KEY_TYPE_AES || type == KEY_TYPE_HMAC;
        default:
                return true;
        }
}

static void read_use(const Section *s, ProbeMechanism *m) {
        static const char *const right[] = {
                [0] = "key_type = \"sm2\"; or rsa, aes, sm4, hmac",
                [USE_SIGN] = "key_type = \"sm2\";",
                [USE_DECRYPT] = "key_type = \"sm2\"; or rsa",
                [USE_ENCRYPT] = "key_type = \"sm4\"; or aes",
                [USE_MAC] = "key_type = \"sm4\"; or aes, hmac",
                [USE_DIGEST] = NULL,
        };
        config_setting_t *at;

        config_need(s, "use", "use = \"sign\"; or decrypt, encrypt, mac, digest");
        m->use = read_enum_or(s, "use", &mechanism_use_names, 0);
        if (m->use != USE_DIGEST)
                config_need(s, "key_type", right[m->use]);
        refuse_key(s, "key_type", m->use != USE_DIGEST, "use = \"digest\"");
        m->key_type = read_enum_or(s, "key_type", &key_type_names, 0);
        at = config_get(s, "key_type");
        if (m->use != 0 && m->key_type != 0 && !fits(m->use, m->key_type))
                config_error(s->reader, at,
                        "a key of type %s is not exercised by a vendor's mechanism to %s; write %s",
                        name_of(&key_type_names, m->key_type), name_of(&mechanism_use_names, m->use),
                        right[m->use]);
}

/* What is signed and how the signature is written: nothing is guessed here, a wrong guess would look like a
 * broken machine. */
static void read_signing(const Section *s, ProbeMechanism *m) {
        bool sign = m->use == USE_SIGN;

        if (sign) {
                config_need(s, "input", "input = \"digest\"; or message");
                config_need(s, "form", "form = \"der\"; or raw");
        }
        m->input = read_enum_or(s, "input", &mechanism_input_names, INPUT_DIGEST);
        m->form = read_enum_or(s, "form", &signature_form_names, FORM_RAW);
        if (sign && m->input == INPUT_MESSAGE)
                config_need(s, "z", "z = \"default_id\"; or none, or parameter");
        m->z = read_enum_or(s, "z", &z_rule_names, Z_DEFAULT_ID);
        refuse_key(s, "input", sign, "a mechanism that does not sign");
        refuse_key(s, "form", sign, "a mechanism that does not sign");
        refuse_key(s, "z", sign && m->input == INPUT_MESSAGE,
                "a mechanism that hashes no message (a digest is made here, with the device's sm2_id)");
}

static void read_ciphertext(const Section *s, ProbeMechanism *m) {
        bool sm2 = m->use == USE_DECRYPT && m->key_type == KEY_TYPE_SM2, iv = false;

        if (sm2) {
                config_need(s, "order", "order = \"c1c3c2\"; or c1c2c3");
                config_need(s, "cipher_form", "cipher_form = \"raw\"; or der");
        }
        m->order = read_enum_or(s, "order", &cipher_order_names, CIPHER_C1C3C2);
        m->cipher_form = read_enum_or(s, "cipher_form", &signature_form_names, FORM_RAW);
        read_bool(s, "iv", &iv);
        m->iv = iv;
        refuse_key(s, "order", sm2, "a mechanism that does not decrypt with sm2");
        refuse_key(s, "cipher_form", sm2, "a mechanism that does not decrypt with sm2");
        refuse_key(s, "iv", m->use == USE_ENCRYPT || m->use == USE_MAC,
                "a mechanism that neither encrypts nor makes a MAC");
}

static void read_mechanism(Reader *r, config_setting_t *group, ProbeMechanism *m) {
        static const char *const keys[] = {"index", "name", "number", "use", "key_type", "input", "z", "form",
                "order", "cipher_form", "iv", "rated_rate"};
        Section s = {.reader = r, .own = group};

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "index", "index = N;, 101 to 9999, its own and never changed");
        read_number(&s, "index", MECHANISM_INDEX_PROFILE, INDEX_MAX, &m->index);
        config_need(&s, "name", "name = \"sm2_digest\";");
        read_name(&s, m);
        config_need(&s, "number", "number = 0x80008104;, the vendor's CKM_…");
        read_vendor_number(&s, "number", &m->number);
        read_use(&s, m);
        read_signing(&s, m);
        read_ciphertext(&s, m);
        read_number(&s, "rated_rate", 1, 10000000, &m->rated_rate);
}

/* --- the lists --- */

static void read_mechanisms(const Section *root, ConfigVendor *v) {
        Reader *r = root->reader;
        config_setting_t *list = config_list(root, "mechanisms");
        unsigned n = list ? (unsigned) config_setting_length(list) : 0;
        Seen seen[2][PROTOCOL_MECHANISMS_MAX];
        SeenList indices = {.seen = seen[0]}, names = {.seen = seen[1]};

        if (n > MECHANISMS_MAX) {
                config_error(r, list, "there are %u mechanisms; a profile has at most %u", n, MECHANISMS_MAX);
                n = MECHANISMS_MAX;
        }
        v->mechanisms = reader_calloc(r, n, sizeof(*v->mechanisms));
        for (unsigned i = 0; v->mechanisms && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);
                ProbeMechanism *m = &v->mechanisms[v->n_mechanisms];

                if (!group)
                        continue;
                v->n_mechanisms++;
                read_mechanism(r, group, m);
                seen_number(&indices, m->index, group);
                seen_text(&names, m->name[0] ? m->name : NULL, group);
        }
        refuse_duplicates(r, &indices, "mechanism index");
        refuse_duplicates(r, &names, "mechanism name");
        sort_by_number(v->mechanisms, v->n_mechanisms, sizeof(*v->mechanisms)); /* by index */
}

static void read_return(Reader *r, config_setting_t *group, ProbeReturn *ret) {
        static const char *const keys[] = {"number", "name", "class"};
        Section s = {.reader = r, .own = group};
        CLEANUP_FREE char *name = NULL;
        config_setting_t *at;

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        config_need(&s, "number", "number = 0x80000035;, the vendor's CKR_…");
        at = read_vendor_number(&s, "number", &ret->number);
        if (at && ret->number < CKR_VENDOR_DEFINED)
                config_error(r, at, "only a vendor's own returns are told here; write 0x80000000 and above");
        config_need(&s, "name", "name = \"CKR_LOG_FULL\";");
        read_string(&s, "name", sizeof(ret->name) - 1, check_name, &name);
        if (name)
                copy_text(ret->name, sizeof(ret->name), name);
        config_need(&s, "class", "class = \"busy\"; or session, credential, key, log_full, fatal");
        ret->class = read_enum_or(&s, "class", &return_class_names, 0);
}

static void read_returns(const Section *root, ConfigVendor *v) {
        Reader *r = root->reader;
        config_setting_t *list = config_list(root, "returns");
        unsigned n = list ? (unsigned) config_setting_length(list) : 0;
        Seen seen[2][PROTOCOL_RETURNS_MAX];
        SeenList numbers = {.seen = seen[0]}, names = {.seen = seen[1]};

        if (n > PROTOCOL_RETURNS_MAX) {
                config_error(
                        r, list, "there are %u returns; a profile has at most %d", n, PROTOCOL_RETURNS_MAX);
                n = PROTOCOL_RETURNS_MAX;
        }
        v->returns = reader_calloc(r, n, sizeof(*v->returns));
        for (unsigned i = 0; v->returns && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);
                ProbeReturn *ret = &v->returns[v->n_returns];

                if (!group)
                        continue;
                v->n_returns++;
                read_return(r, group, ret);
                seen_number(&numbers, (uint32_t) ret->number, group);
                seen_text(&names, ret->name[0] ? ret->name : NULL, group);
        }
        refuse_duplicates(r, &numbers, "return");
        refuse_duplicates(r, &names, "return name");
}

static void read_vendor(const Section *root, ConfigVendor *v) {
        static const char *const keys[] = {"sm2_key_type", "sm4_key_type", "point_form", "deepbind",
                "max_clients", "truthful_pin_flags", "mechanisms", "returns"};
        uint32_t max_clients = 0;

        config_check_keys(root->reader, root->own, keys, ELEMENTSOF(keys));
        read_vendor_number(root, "sm2_key_type", &v->sm2_key_type);
        read_vendor_number(root, "sm4_key_type", &v->sm4_key_type);
        v->point_form = read_enum_or(root, "point_form", &point_form_names, POINT_OCTET_STRING);
        read_bool(root, "deepbind", &v->deepbind);
        read_number(root, "max_clients", 1, 100000, &max_clients);
        v->max_clients = max_clients;
        read_bool(root, "truthful_pin_flags", &v->truthful_pin_flags);
        read_mechanisms(root, v);
        read_returns(root, v);
        for (size_t i = 0; i < v->n_mechanisms; i++)
                if (v->mechanisms[i].key_type == KEY_TYPE_SM4 && v->sm4_key_type == UINT64_MAX) {
                        config_need(root, "sm4_key_type",
                                "sm4_key_type = 0x80000106;, the vendor's CKK_SM4: without it no key of "
                                "this type is found");
                        break;
                }
}

/* --- profiles by name --- */

static ConfigVendor *add_vendor(Reader *r, const char *name) {
        Config *c = r->config;
        ConfigVendor *more = reallocarray(c->vendors, c->n_vendors + 1, sizeof(ConfigVendor)), *v;

        if (!more) {
                r->no_memory = true;
                return NULL;
        }
        c->vendors = more;
        v = &c->vendors[c->n_vendors++];
        *v = (ConfigVendor){.name = reader_strdup(r, name),
                .sm2_key_type = UINT64_MAX,
                .sm4_key_type = UINT64_MAX,
                .point_form = POINT_OCTET_STRING,
                .deepbind = true};
        return v;
}

static void load_vendor(Reader *r, const char *path, ConfigVendor *v) {
        const char *outer = r->source;
        config_t tree;

        r->source = path;
        r->vendor_numbers = true;
        if (config_parse_file(r, path, &tree) == 0) {
                Section root = {.reader = r, .own = config_root_setting(&tree)};

                read_vendor(&root, v);
        }
        config_destroy(&tree);
        r->vendor_numbers = false;
        r->source = outer;
}

void find_vendor(Reader *r, const char *name, const config_setting_t *at, size_t *ret) {
        CLEANUP_FREE char *path = NULL;
        Config *c = r->config;
        ConfigVendor *v;

        if (c->n_vendors == 0 && !add_vendor(r, "standard"))
                return;
        for (size_t i = 0; i < c->n_vendors; i++)
                if (c->vendors[i].name && streq(c->vendors[i].name, name)) {
                        *ret = i;
                        return;
                }
        if (asprintf(&path, "%s/vendors/%s.conf", r->directory, name) < 0) {
                path = NULL;
                r->no_memory = true;
                return;
        }
        if (access(path, R_OK) < 0) {
                config_error(r, at,
                        "vendor \"%s\": %s cannot be read (%s); name a profile that is there, or standard",
                        name, path, strerror(errno));
                return;
        }
        v = add_vendor(r, name);
        if (!v)
                return;
        *ret = c->n_vendors - 1;
        load_vendor(r, path, v);
}
