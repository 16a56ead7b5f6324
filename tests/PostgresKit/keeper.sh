# Keeps a throw-away PostgreSQL cluster for as long as its standard input is open: whatever becomes of the tests that hold the other end,
# the server is stopped and its files are removed. Arguments: the folder of the binaries, then ports to try.
set -eu
bin=$1
shift
root=$(mktemp -d "${TMPDIR:-/tmp}/sluice-postgres.XXXXXX")
data=$root/data

over() {
  trap - EXIT
  "$bin/pg_ctl" stop -D "$data" -m immediate -s > /dev/null 2>&1 || true
  rm -rf "$root"
}
trap over EXIT
trap : INT TERM HUP

# What initdb writes need not be on the disk, what the tests write must be: fsync stays on.
"$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C --no-sync > "$root/initdb.log" 2>&1 || { cat "$root/initdb.log" >&2; exit 1; }
cat >> "$data/postgresql.conf" << 'END'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 64MB
timezone = 'UTC'
log_timezone = 'UTC'
END
for port in "$@"; do
  echo "port = $port" >> "$data/postgresql.conf"
  if "$bin/pg_ctl" start -D "$data" -l "$root/log" -w -s > /dev/null 2>&1; then
    echo "$root $port"
    cat > /dev/null || true
    exit 0
  fi
done
cat "$root/log" >&2
exit 1
