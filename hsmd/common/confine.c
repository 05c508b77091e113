#include "confine.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than Debian 12's header; the kernel says what it knows. */
#define FS_REFER (UINT64_C(1) << 13)    /* ABI 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1) /* ABI 6 */
#define FCHMODAT2 452                   /* Linux 6.6 */

#define FS_READ (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_ALL_1 ((UINT64_C(1) << 13) - 1) /* ABI 1 */
#define FS_OF_FILES                                                                                          \
        (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |         \
                FS_TRUNCATE)

typedef struct Ruleset {
        uint64_t handled_access_fs, handled_access_net, scoped;
} Ruleset;

/* --- files
 * -------------------------------------------------------------------------------------------------- */

static const ConfinePath common[] = {{"/usr", false}, {"/lib", false}, {"/lib64", false}, {"/bin", false},
        {"/etc/ld.so.cache", false}, {"/etc/ld.so.conf", false}, {"/etc/ld.so.conf.d", false},
        {"/etc/ssl", false}, {"/etc/nsswitch.conf", false}, {"/etc/hosts", false}, {"/etc/host.conf", false},
        {"/etc/hosts.allow", false}, {"/etc/hosts.deny", false}, {"/etc/resolv.conf", false},
        {"/etc/gai.conf", false}, {"/etc/services", false}, {"/etc/protocols", false},
        {"/etc/localtime", false}, {"/etc/passwd", false}, {"/etc/group", false}, {"/etc/pkcs11", false},
        {"/etc/snmp", false}, {"/etc/softhsm", false}, {"/proc/self", false}, {"/proc/cpuinfo", false},
        {"/proc/meminfo", false}, {"/proc/stat", false}, {"/proc/sys/kernel/osrelease", false},
        {"/sys/devices/system/cpu", false}, {"/sys/fs/cgroup", false}, {"/dev/null", true},
        {"/dev/zero", true}, {"/dev/full", true}, {"/dev/random", false}, {"/dev/urandom", false}};

static int add_rule(int ruleset, uint64_t handled, const ConfinePath *p) {
        struct landlock_path_beneath_attr rule = {.allowed_access = (p->write ? handled : FS_READ) & handled};
        CLEANUP_CLOSE int fd = open(p->path, O_PATH | O_CLOEXEC);
        struct stat st;

        if (fd < 0)
                return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISDIR(st.st_mode))
                rule.allowed_access &= FS_OF_FILES;
        rule.parent_fd = fd;
        return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? -errno : 0;
}

static int add_rules(int ruleset, uint64_t handled, const ConfinePath *paths, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++)
                r = add_rule(ruleset, handled, &paths[i]);
        return r;
}

static int landlock_abi(void) {
        return (int) syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

bool confine_has_landlock(void) {
        return landlock_abi() >= 1;
}

static int enter_domain(const ConfinePath *paths, size_t n) {
        int abi = landlock_abi(), r;
        Ruleset attr = {.handled_access_fs = FS_ALL_1};
        CLEANUP_CLOSE int ruleset = -1;

        if (abi < 1)
                return 1;
        if (abi >= 2)
                attr.handled_access_fs |= FS_REFER;
        if (abi >= 3)
                attr.handled_access_fs |= FS_TRUNCATE;
        if (abi >= 6)
                attr.scoped = SCOPE_SIGNAL;
        ruleset = (int) syscall(SYS_landlock_create_ruleset, &attr,
                abi >= 6   ? sizeof(attr)
                : abi >= 4 ? offsetof(Ruleset, scoped)
                           : sizeof(attr.handled_access_fs),
                0);
        if (ruleset < 0)
                return -errno;
        r = add_rules(ruleset, attr.handled_access_fs, common, ELEMENTSOF(common));
        if (r == 0)
                r = add_rules(ruleset, attr.handled_access_fs, paths, n);
        if (r < 0)
                return r;
        return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}

/* --- system calls
 * ------------------------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "the seccomp filter does not know this processor"
#endif

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t) offsetof(struct seccomp_data, member))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define DENIED (SECCOMP_RET_ERRNO | EPERM)
#define EQUALS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t) (value), yes, no)
#define HAS(bits, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t) (bits), yes, no)

static const int denied[] = {SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp,
        SYS_pidfd_getfd, SYS_pidfd_send_signal, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_tkill,
        SYS_mount, SYS_umount2, SYS_pivot_root, SYS_unshare, SYS_setns, SYS_chroot, SYS_move_mount,
        SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_bpf,
        SYS_perf_event_open, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot,
        SYS_swapon, SYS_swapoff, SYS_acct, SYS_settimeofday, SYS_clock_settime, SYS_add_key, SYS_request_key,
        SYS_keyctl, SYS_userfaultfd, SYS_open_by_handle_at, SYS_quotactl, SYS_io_uring_setup,
        SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr, SYS_sched_setaffinity, SYS_setpriority,
        SYS_ioprio_set, SYS_migrate_pages, SYS_move_pages};

/* Landlock has no say in modes and owners, and one chmod of its files would blind hsmd. A file that could be
 * opened can still be changed (fchmod). */
static const int denied_modes[] = {
#ifdef SYS_chmod /* aarch64 has the calls with "at" alone */
        SYS_chmod, SYS_chown, SYS_lchown,
#endif
        SYS_fchmodat, FCHMODAT2, SYS_fchownat, SYS_setxattr, SYS_lsetxattr, SYS_removexattr,
        SYS_lremovexattr};

/* fcntl and ioctl that name a process to be signalled by a descriptor, and with what: any signal, SIGKILL
 * too. Landlock's scope of signals covers this, but kernels before 6.12 have none. */
static const int denied_fcntl[] = {F_SETOWN, F_SETOWN_EX, F_SETSIG};
static const int denied_ioctl[] = {FIOSETOWN, SIOCSPGRP};

#define NAMESPACES                                                                                           \
        (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |        \
                CLONE_NEWNET)
#define FILTER_MAX 240

typedef struct Filter {
        struct sock_filter code[FILTER_MAX];
        unsigned short n;
} Filter;

static void put(Filter *f, struct sock_filter instruction) {
        if (f->n < FILTER_MAX)
                f->code[f->n++] = instruction;
}

static void put_denied(Filter *f, const int *values, size_t n) {
        for (size_t i = 0; i < n; i++) {
                put(f, (struct sock_filter) EQUALS(values[i], 0, 1));
                put(f, (struct sock_filter) RETURN(DENIED));
        }
}

/* A limit on processor time ends a process as well as a signal does; 0 is oneself. */
static void put_own_limits(Filter *f) {
        put(f, (struct sock_filter) EQUALS(SYS_prlimit64, 0, 5));
        put(f, (struct sock_filter) LOAD(args[0]));
        put(f, (struct sock_filter) EQUALS(0, 1, 0));
        put(f, (struct sock_filter) EQUALS(getpid(), 0, 1));
        put(f, (struct sock_filter) RETURN(SECCOMP_RET_ALLOW));
        put(f, (struct sock_filter) RETURN(DENIED));
}

static void put_denied_requests(Filter *f, int call, const int *requests, size_t n) {
        put(f, (struct sock_filter) EQUALS(call, 0, (uint8_t) (2 * n + 2)));
        put(f, (struct sock_filter) LOAD(args[1]));
        put_denied(f, requests, n);
        put(f, (struct sock_filter) RETURN(SECCOMP_RET_ALLOW));
}

/* Signals to ourselves alone: abort(), pthread_kill(). */
static void put_own_signals(Filter *f, int call) {
        put(f, (struct sock_filter) EQUALS(call, 0, 4));
        put(f, (struct sock_filter) LOAD(args[0]));
        put(f, (struct sock_filter) EQUALS(getpid(), 0, 1));
        put(f, (struct sock_filter) RETURN(SECCOMP_RET_ALLOW));
        put(f, (struct sock_filter) RETURN(DENIED));
}

static void put_clone(Filter *f) {
        /* its flags stand in memory, which a filter cannot read; the C library then takes the older call */
        put(f, (struct sock_filter) EQUALS(SYS_clone3, 0, 1));
        put(f, (struct sock_filter) RETURN(SECCOMP_RET_ERRNO | ENOSYS));
        put(f, (struct sock_filter) EQUALS(SYS_clone, 0, 4));
        put(f, (struct sock_filter) LOAD(args[0]));
        put(f, (struct sock_filter) HAS(NAMESPACES, 0, 1));
        put(f, (struct sock_filter) RETURN(DENIED));
        put(f, (struct sock_filter) RETURN(SECCOMP_RET_ALLOW));
}

static int enter_filter(void) {
        Filter f = {.n = 0};
        struct sock_fprog program = {.filter = f.code};

        put(&f, (struct sock_filter) LOAD(arch));
        put(&f, (struct sock_filter) EQUALS(OUR_ARCH, 1, 0));
        put(&f, (struct sock_filter) RETURN(SECCOMP_RET_KILL_PROCESS));
        put(&f, (struct sock_filter) LOAD(nr));
        put_denied(&f, denied, ELEMENTSOF(denied));
        put_denied(&f, denied_modes, ELEMENTSOF(denied_modes));
#if defined(__x86_64__) /* the x32 calls have the same arch */
        put(&f, (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
        put(&f, (struct sock_filter) RETURN(DENIED));
#endif
        put_own_signals(&f, SYS_kill);
        put_own_signals(&f, SYS_tgkill);
        put_own_limits(&f);
        put_denied_requests(&f, SYS_fcntl, denied_fcntl, ELEMENTSOF(denied_fcntl));
        put_denied_requests(&f, SYS_ioctl, denied_ioctl, ELEMENTSOF(denied_ioctl));
        put_clone(&f);
        put(&f, (struct sock_filter) RETURN(SECCOMP_RET_ALLOW));
        if (f.n == FILTER_MAX)
                return -E2BIG;
        program.len = f.n;
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

int confine(const ConfinePath *paths, size_t n) {
        int r = enter_domain(paths, n), filter;

        if (r < 0)
                return r;
        filter = enter_filter();
        return filter < 0 ? filter : r;
}
