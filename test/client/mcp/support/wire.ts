import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { asRoot } from '../../../support/as-root.ts'
import { Started } from '../../support/agent-machine.ts'

/** Prints each of its words that it sees in a packet of loopback, and ends with the last of them. */
const program = `
import signal, socket, sys
signal.alarm(120)
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
wire.bind(('lo', 0))
print('listens', flush=True)
words = {word: word.encode() for word in sys.argv[1:]}
last = sys.argv[-1]
while last in words:
    packet = wire.recv(1 << 17)
    for word in [word for word, text in words.items() if text in packet]:
        del words[word]
        print('saw', word, flush=True)
`
// A Python that every user can start.
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

/** A program with a packet socket on the loopback of a network namespace. */
export function listenOnWire(words: readonly string[], outer: readonly string[] = []): Started {
  const [first = python, ...rest] = [...asRoot, ...outer, python]
  return new Started(spawn(first, [...rest, '-I', '-c', program, ...words], { cwd: '/' }))
}
