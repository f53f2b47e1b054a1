/*
 * Preloaded into a process (LD_PRELOAD), keeps what a disk that loses every unsynced write would still hold of a folder.
 *
 * SYNCED_ROOT    the folder
 * SYNCED_SHADOW  where its synced state is kept, one file a synced file or folder, named by inode and time of birth:
 *                `<name>.file` is the content at the last fsync or fdatasync of the file, `<name>.folder` the entries at
 *                the last fsync of the folder, a line each: `f <name of file> <entry>`, `d <name of folder> <entry>`.
 *
 * POSIX promises no more than this: an fsync of a file saves its content, not its entry in the folder. Each state
 * is put in place by a rename, so that a process killed in the middle leaves the state before.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A simulation that cannot keep its record proves nothing: it ends. */
static void require(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "synced: %s: %s\n", what, strerror(errno));
  abort();
}

static void nameOf(const struct statx *status, char *name, size_t size) {
  require((status->stx_mask & STATX_BTIME) != 0, "the file system keeps no times of birth");
  snprintf(name, size, "%llu-%lld%09u", (unsigned long long)status->stx_ino, (long long)status->stx_btime.tv_sec,
           status->stx_btime.tv_nsec);
}

static void putInPlace(const char *shadow, const char *name, const char *kind, int (*fill)(FILE *, int), int source) {
  char temporary[PATH_MAX], final[PATH_MAX];
  snprintf(temporary, sizeof temporary, "%s/%s.%s.%d-%d", shadow, name, kind, getpid(), gettid());
  snprintf(final, sizeof final, "%s/%s.%s", shadow, name, kind);
  FILE *file = fopen(temporary, "w");
  require(file != NULL, "cannot write the shadow");
  require(fill(file, source) == 0, "cannot copy");
  require(fclose(file) == 0, "cannot write the shadow");
  require(rename(temporary, final) == 0, "cannot write the shadow");
}

static int copyContent(FILE *file, int source) {
  char buffer[1 << 14];
  off_t offset = 0;
  for (;;) {
    ssize_t length = pread(source, buffer, sizeof buffer, offset);
    if (length <= 0) return length < 0 ? -1 : 0;
    if (fwrite(buffer, 1, (size_t)length, file) != (size_t)length) return -1;
    offset += length;
  }
}

static int listEntries(FILE *file, int source) {
  /* Opened anew: the position of `source` is its owner's. */
  int folder = openat(source, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = folder < 0 ? NULL : fdopendir(folder);
  if (entries == NULL) return -1;
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    struct statx status;
    char name[64];
    /* Gone since it was listed: an entry that another thread removed, and never was. */
    if (statx(folder, entry->d_name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) continue;
    nameOf(&status, name, sizeof name);
    fprintf(file, "%c %s %s\n", S_ISDIR(status.stx_mode) ? 'd' : 'f', name, entry->d_name);
  }
  return closedir(entries);
}

static void keep(int fd) {
  const char *root = getenv("SYNCED_ROOT"), *shadow = getenv("SYNCED_SHADOW");
  char link[64], path[PATH_MAX];
  if (root == NULL || shadow == NULL) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = '\0';
  size_t prefix = strlen(root);
  if (strncmp(path, root, prefix) != 0 || (path[prefix] != '\0' && path[prefix] != '/')) return;

  struct statx status;
  char name[64];
  require(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status) == 0, "cannot look at a file");
  nameOf(&status, name, sizeof name);
  if (S_ISDIR(status.stx_mode)) {
    putInPlace(shadow, name, "folder", listEntries, fd);
  } else if (S_ISREG(status.stx_mode)) {
    /* Opened anew: `fd` may be for writing only. */
    int source = open(link, O_RDONLY | O_CLOEXEC);
    require(source >= 0, "cannot read a file");
    putInPlace(shadow, name, "file", copyContent, source);
    close(source);
  }
}

static int syncWith(const char *function, int fd) {
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, function);
  int result = next(fd);
  int error = errno;
  if (result == 0) keep(fd);
  errno = error;
  return result;
}

int fsync(int fd) { return syncWith("fsync", fd); }
int fdatasync(int fd) { return syncWith("fdatasync", fd); }
