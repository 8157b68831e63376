import { run } from './command-line.ts'
import { thisMachine } from './surroundings.ts'

process.exitCode = await run(process.argv.slice(2), thisMachine())
