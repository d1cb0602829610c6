//! Whether an archive lies on a file system that other machines share.
//!
//! A database in WAL mode needs memory shared by all who have it open, and locks that hold: a network file system
//! has neither between machines, and few sync as they promise.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// The kind of network file system that a path lies on, such as `nfs4`; `None` where it lies on none, or that
/// cannot be told.
pub(super) fn network_file_system(path: &Path) -> Option<String> {
    // Only Linux has it; elsewhere nothing is said.
    let mounts = std::fs::read("/proc/self/mountinfo").ok()?;
    let path = std::path::absolute(path).ok()?;
    // A symbolic link may lead elsewhere. The file itself may not be there yet.
    let real = path
        .ancestors()
        .find_map(|place| Some((place, place.canonicalize().ok()?)));
    let path = match real {
        Some((place, real)) => real.join(path.strip_prefix(place).ok()?),
        None => path,
    };
    let kind = kind_at(&String::from_utf8_lossy(&mounts), &path)?;
    is_network(&kind).then_some(kind)
}

/// The kind of file system at an absolute path, by the lines of `/proc/self/mountinfo` (proc_pid_mountinfo(5)): of the
/// longest mount point that leads to it, and of those mounted over each other, the last.
fn kind_at(mounts: &str, path: &Path) -> Option<String> {
    let found = mounts.lines().filter_map(|line| {
        let (fields, rest) = line.split_once(" - ")?;
        let point = unescape(fields.split(' ').nth(4)?);
        let kind = rest.split(' ').next()?;
        path.starts_with(&point).then(|| (point.components().count(), kind))
    });
    // `max_by_key` gives the last of equals.
    found.max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind.to_owned())
}

/// Undoes `\040` and the like: space, tab, line feed and backslash are written as three octal digits.
fn unescape(text: &str) -> PathBuf {
    let mut parts = text.split('\\');
    let mut out = OsString::from(parts.next().unwrap_or_default());
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                out.push(char::from(code).to_string());
                out.push(&part[3..]);
            }
            None => {
                out.push("\\");
                out.push(OsStr::new(part));
            }
        }
    }
    out.into()
}

fn is_network(kind: &str) -> bool {
    const KINDS: &[&str] = &[
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "coda",
        "lustre",
        "gfs2",
        "ocfs2",
        "gpfs",
        "beegfs",
        "glusterfs",
        "vboxsf",
        "ncpfs",
        "acfs",
    ];
    const IN_USER_SPACE: &[&str] = &[
        "sshfs",
        "rclone",
        "s3fs",
        "gcsfuse",
        "goofys",
        "davfs",
        "davfs2",
        "curlftpfs",
        "glusterfs",
        "juicefs",
        "ceph",
        "smbnetfs",
        "google-drive-ocamlfuse",
        "onedriver",
        "vmhgfs-fuse",
        "mount-s3",
        "mountpoint-s3",
        "blobfuse2",
    ];
    match kind.strip_prefix("fuse.") {
        Some(kind) => IN_USER_SPACE.contains(&kind),
        None => KINDS.contains(&kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = r"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /proc rw,nosuid - proc proc rw
40 22 0:40 / /home rw,relatime shared:2 master:3 - nfs4 server:/home rw,vers=4.2
41 40 0:41 / /home/ada/local rw - xfs /dev/sdb1 rw
42 22 0:42 / /mnt/my\040share rw - cifs //server/share rw
43 22 0:43 /sub /mnt/far rw - fuse.sshfs ada@server: rw,user_id=1000
44 22 0:44 / /mnt/twice rw - ext4 /dev/sdc1 rw
45 22 0:45 / /mnt/twice rw - 9p share rw
46 22 0:46 / /mnt/back\134slash rw - nfs server:/x rw
47 22 0:47 / /mnt/portal rw - fuse.portal portal rw
not a line of a mount";

    #[test]
    fn the_longest_mount_point_that_leads_there_counts() {
        for (path, want) in [
            ("/var/archive.db", "ext4"),
            ("/home/ada/archive.db", "nfs4"),
            ("/home", "nfs4"),
            ("/homes/archive.db", "ext4"),
            ("/home/ada/local/archive.db", "xfs"),
            ("/mnt/my share/a.db", "cifs"),
            ("/mnt/my", "ext4"),
            ("/mnt/far/a.db", "fuse.sshfs"),
            ("/mnt/twice/a.db", "9p"),
            ("/mnt/back\\slash/a.db", "nfs"),
            ("/mnt/portal/a.db", "fuse.portal"),
        ] {
            assert_eq!(kind_at(MOUNTS, Path::new(path)).as_deref(), Some(want), "{path}");
        }
        assert_eq!(kind_at("", Path::new("/x")), None);
        assert_eq!(kind_at("1 2 3:4 / /home rw - nfs s rw", Path::new("/x")), None);
    }

    #[test]
    fn what_is_shared_by_machines_and_what_is_not() {
        for kind in ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.rclone"] {
            assert!(is_network(kind), "{kind}");
        }
        for kind in [
            "ext4",
            "xfs",
            "btrfs",
            "zfs",
            "tmpfs",
            "overlay",
            "fuse.portal",
            "fuseblk",
            "fuse",
            "nfsd",
        ] {
            assert!(!is_network(kind), "{kind}");
        }
    }

    #[test]
    fn escapes_that_are_none_stay_as_they_are() {
        for (written, meant) in [
            (r"/a\040b\011c", "/a b\tc"),
            (r"/a\134040", r"/a\040"),
            (r"/a\9", r"/a\9"),
            (r"/a\777", r"/a\777"),
            ("/a", "/a"),
        ] {
            assert_eq!(unescape(written), Path::new(meant), "{written}");
        }
    }
}
