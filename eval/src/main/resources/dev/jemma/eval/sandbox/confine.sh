# The inside of a sandbox without bubblewrap: runs as the first process of new namespaces of users, processes,
# mounts, network and IPC, builds a root that holds the system's programs read-only and an empty scratch folder,
# moves into it, and becomes the command given.
#
# arguments: mount point, bytes of scratch, then pairs of paths to bind up to "--", then the command
set -e
root=$1
scratch=$2
shift 2
mount --make-rprivate /
# no further user namespaces: in one of its own a program would have rights to mount and to use up memory
echo 0 2> /dev/null > /proc/sys/user/max_user_namespaces || true
mount -t tmpfs -o "size=1m,nr_inodes=512,mode=755,nosuid,nodev" none "$root"
for link in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$link" ]; then
        cp -P "/$link" "$root/$link"
    fi
done
while [ "$1" != "--" ]; do
    if [ -d "$1" ]; then
        mkdir -p "$root$1"
    else
        mkdir -p "$root${1%/*}"
        : > "$root$1"
    fi
    mount --rbind "$1" "$root$1"
    case $1 in
        /dev/*) ;;
        *) mount -o remount,bind,ro,nosuid "$root$1" ;;
    esac
    shift
done
shift
mkdir "$root/tmp" "$root/old" "$root/proc"
mount --rbind /proc "$root/proc" # umount looks into it
mount -t tmpfs -o "size=$scratch,nr_inodes=4096,mode=1777,nosuid,nodev" none "$root/tmp"
mount -o remount,bind,ro "$root"
cd "$root"
pivot_root . old
umount -l /old
umount -l /proc
cd /tmp
exec "$@"
