"""A file system that can be stopped, or filled."""
import os
import subprocess
import tempfile

from .waiting import wait_until


class Disk:
    """A file system of its own in a file, which can be stopped. Whatever becomes of the test, it goes on after a while: a
    stopped file system is in the way of everybody's sync."""

    def __init__(self, directory, size=8 << 20):
        self.directory, self.size, self.thawer = directory, size, None

    def __enter__(self):
        self.image = tempfile.NamedTemporaryFile(prefix="hsmd-disk-")
        self.image.truncate(self.size)
        self.run("mkfs.ext4", "-q", "-F", self.image.name)
        os.makedirs(self.directory)
        self.run("mount", "-o", "loop", self.image.name, self.directory)
        return self

    def __exit__(self, *_):
        self.thaw()
        # a writer may still be on its way out
        wait_until(lambda: subprocess.run(["umount", self.directory], check=False, capture_output=True).returncode == 0, 20,
                   "the file system is given back")
        self.image.close()

    @staticmethod
    def run(*words):
        subprocess.run(words, check=True, capture_output=True, env=dict(os.environ, PATH="/usr/sbin:/usr/bin:/sbin:/bin"))

    def freeze(self):
        self.thawer = subprocess.Popen(["sh", "-c", 'sleep 120; fsfreeze -u "$0"', self.directory], start_new_session=True)
        self.run("fsfreeze", "-f", self.directory)

    def thaw(self):
        if self.thawer:
            self.run("fsfreeze", "-u", self.directory)
            os.killpg(self.thawer.pid, 9)
            self.thawer.wait()
            self.thawer = None
