import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from './command-line/program.ts'
import { thisMachine } from './surroundings.ts'

// `package.json` is one folder up, from `client/` and from the bundle in `dist/`.
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

// `hotwork ... | head` closes the pipe before the end. The command still runs to its end.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EPIPE') throw fault
  })

const program = { file: fileURLToPath(import.meta.url), version }
process.exitCode = await run(process.argv.slice(2), thisMachine(program))
