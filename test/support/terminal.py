"""Runs a command on a pseudo-terminal: `terminal.py COLUMNS ROWS COMMAND…`. Keys come from stdin; a line `\x00resize C R` resizes."""
import fcntl, os, pty, select, signal, struct, sys, termios

columns, rows, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    # The size is set before the program starts.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(command[0], command)
reads = [terminal, 0]
while True:
    ready, _, _ = select.select(reads, [], [])
    if 0 in ready:
        keys = os.read(0, 4096)
        if not keys:
            reads.remove(0)
        elif keys.startswith(b"\x00resize "):
            across, down = map(int, keys.split()[1:3])
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", down, across, 0, 0))
            os.kill(child, signal.SIGWINCH)
        else:
            os.write(terminal, keys)
    if terminal in ready:
        try:
            output = os.read(terminal, 65536)
        except OSError:
            break
        if not output:
            break
        os.write(1, output)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
