/* SPDX-License-Identifier: Apache-2.0 */
/* host-confine.c: what a plugin from elsewhere cannot do, whatever it holds: no network, no new program, no other process, no file but those of the system and those that
 * its own keys name (security.md S19). Kernel means only: resource limits, no_new_privs, Landlock, seccomp.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "routing/host.h"

#define MEMORY_MOST (512u * 1024u * 1024u)
#define FILE_MOST (1024u * 1024u * 1024u)
#define OPEN_MOST 64

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_RIGHTS                                                                                                                          \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |             \
     LANDLOCK_ACCESS_FS_REMOVE_DIR)
#define OTHER_RIGHTS                                                                                                                          \
    (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |             \
     LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Calls that fail with EPERM. */
static const int denied[] = {
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept4, SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
    SYS_process_vm_writev, SYS_mount, SYS_umount2, SYS_unshare, SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_io_uring_setup, SYS_keyctl, SYS_add_key,
    SYS_request_key, SYS_userfaultfd, SYS_open_by_handle_at, SYS_pidfd_getfd, SYS_kill, SYS_tkill, SYS_pidfd_send_signal,
#ifdef SYS_fork
    SYS_fork, SYS_vfork, SYS_accept,
#endif
};

static gboolean
fail(GError **error, const char *what)
{
    lt_error_set(error, LT_ERROR_INTERNAL, "plugin.sandbox", "the host of a plugin cannot confine itself: %s: %s", what, g_strerror(errno));
    return FALSE;
}

/* The sanitizers of a test build need more memory than any limit would allow. */
static gboolean
limit_resources(GError **error)
{
    const struct rlimit core = { 0, 0 }, files = { OPEN_MOST, OPEN_MOST }, size = { FILE_MOST, FILE_MOST };
    const struct rlimit memory = { MEMORY_MOST, MEMORY_MOST };

    if (setrlimit(RLIMIT_CORE, &core) != 0 || setrlimit(RLIMIT_NOFILE, &files) != 0 || setrlimit(RLIMIT_FSIZE, &size) != 0)
        return fail(error, "limits");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    if (setrlimit(RLIMIT_AS, &memory) != 0)
        return fail(error, "limit of memory");
#else
    (void) memory;
#endif
    return TRUE;
}

static void
allow(int ruleset, const char *path, guint64 rights)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = open(path, O_PATH | O_CLOEXEC) };
    struct stat info;

    if (rule.parent_fd < 0)
        return; /* what is not there needs no right */
    if (fstat(rule.parent_fd, &info) == 0 && !S_ISDIR(info.st_mode))
        rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

/* A file that is yet to be made needs its folder. */
static void
allow_writable(int ruleset, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);

    allow(ruleset, g_file_test(path, G_FILE_TEST_EXISTS) ? path : folder, READ_RIGHTS | WRITE_RIGHTS);
}

/* A kernel without Landlock (before 5.13) is told and gone without: the user that the service runs as still bounds what can be read. */
static gboolean
limit_files(const char *folder, char *const *writable, GError **error)
{
    static const char *const readable[] = { "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl", "/dev/null", "/dev/urandom",
                                            "/proc/self", NULL };
    struct landlock_ruleset_attr handled = { .handled_access_fs = READ_RIGHTS | WRITE_RIGHTS | OTHER_RIGHTS };
    int ruleset = (int) syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    long done;

    if (ruleset < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) {
        g_printerr("the kernel has no Landlock: the plugin can read what the service's user can\n");
        return TRUE;
    }
    if (ruleset < 0)
        return fail(error, "Landlock");
    for (guint i = 0; readable[i] != NULL; i++)
        allow(ruleset, readable[i], READ_RIGHTS);
    allow(ruleset, folder, READ_RIGHTS);
    for (; *writable != NULL; writable++)
        allow_writable(ruleset, *writable);
    done = syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
    return done == 0 || fail(error, "Landlock");
}

#define STATEMENT(code, k) ((struct sock_filter) BPF_STMT(code, k))
#define JUMP(code, k, yes, no) ((struct sock_filter) BPF_JUMP(code, k, yes, no))

/* Of clone only threads pass; clone3, whose arguments a filter cannot see, is not there. */
static gboolean
limit_calls(GError **error)
{
#ifdef ARCHITECTURE
    struct sock_filter filter[16 + 2 * G_N_ELEMENTS(denied)];
    struct sock_fprog program = { .filter = filter };
    guint n = 0;

    filter[n++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    filter[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    filter[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    filter[n++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    filter[n++] = JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1); /* the other numbering of x86-64 */
    filter[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    filter[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
    filter[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    for (gsize i = 0; i < G_N_ELEMENTS(denied); i++) {
        filter[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, (guint) denied[i], 0, 1);
        filter[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
    filter[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
    filter[n++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
    filter[n++] = JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0);
    filter[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    filter[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program.len = (unsigned short) n;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return fail(error, "seccomp");
#else
    (void) error;
    g_printerr("no filter of system calls is known for this processor\n");
#endif
    return TRUE;
}

gboolean
lt_host_confine(const char *folder, char *const *writable, GError **error)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(error, "no_new_privs");
    return limit_resources(error) && limit_files(folder, writable, error) && limit_calls(error);
}
